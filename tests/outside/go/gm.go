package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
)

func sm2Public(raw []byte) (*ecdsa.PublicKey, error) {
	if len(raw) != 64 {
		return nil, errors.New("not x || y")
	}
	curve := sm2.P256()
	x, y := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])
	if !curve.IsOnCurve(x, y) {
		return nil, errors.New("not a point of the curve")
	}
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, nil
}

func sm2Private(scalar []byte) *sm2.PrivateKey {
	key := new(sm2.PrivateKey)
	key.Curve = sm2.P256()
	key.D = new(big.Int).SetBytes(scalar)
	key.X, key.Y = key.ScalarBaseMult(scalar)
	return key
}

type sm2Input struct {
	Key       []byte // x || y to verify and encrypt, the scalar to sign and decrypt
	Message   []byte
	Signature []byte // r || s
	Info      []byte
	Short     bool // seal again until a coordinate begins with a zero byte
}

type verdict struct{ Accepted bool }

// verifySM2 verifies under the default signer identity (GB/T 35276-2017; GM/T 0009-2012, clause 10).
func verifySM2(in sm2Input) (*verdict, error) {
	key, err := sm2Public(in.Key)
	if err != nil {
		return nil, err
	}
	if len(in.Signature) != 64 {
		return nil, errors.New("not 64 bytes")
	}
	r, s := new(big.Int).SetBytes(in.Signature[:32]), new(big.Int).SetBytes(in.Signature[32:])
	return &verdict{sm2.VerifyWithSM2(key, nil, in.Message, r, s)}, nil
}

func signSM2(in sm2Input) (*sm2Input, error) {
	key := sm2Private(in.Key)
	r, s, err := sm2.SignWithSM2(rand.Reader, &key.PrivateKey, nil, in.Message)
	if err != nil {
		return nil, err
	}
	point := make([]byte, 64)
	key.X.FillBytes(point[:32])
	key.Y.FillBytes(point[32:])
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return &sm2Input{Key: point, Signature: signature}, nil
}

// decryptSM2 opens a sealed secret: the DER sequence of GB/T 35276-2017 in the order C1C3C2, around SM3(info)
// and the secret.
func decryptSM2(in sm2Input) (*dataOutput, error) {
	key := sm2Private(in.Key)
	opened, err := sm2.Decrypt(key, in.Message)
	if err != nil {
		return nil, err
	}
	bound := sm3.Sum(in.Info)
	if !bytes.HasPrefix(opened, bound[:]) {
		return nil, errors.New("sealed for another purpose")
	}
	return &dataOutput{opened[len(bound):]}, nil
}

func encryptSM2(in sm2Input) (*dataOutput, error) {
	key, err := sm2Public(in.Key)
	if err != nil {
		return nil, err
	}
	bound := sm3.Sum(in.Info)
	for {
		sealed, err := sm2.EncryptASN1(rand.Reader, key, append(bound[:], in.Message...))
		if err != nil || !in.Short || shortCoordinate(sealed) {
			return &dataOutput{sealed}, err
		}
	}
}

func shortCoordinate(sealed []byte) bool {
	var parsed struct {
		X, Y *big.Int
		Hash []byte
		Data []byte
	}
	_, err := asn1.Unmarshal(sealed, &parsed)
	return err == nil && (parsed.X.BitLen() < 248 || parsed.Y.BitLen() < 248)
}

type sm3Input struct{ Messages [][]byte }

type sm3Output struct{ Hashes [][]byte }

func hashSM3(in sm3Input) (*sm3Output, error) {
	out := &sm3Output{}
	for _, message := range in.Messages {
		sum := sm3.Sum(message)
		out.Hashes = append(out.Hashes, sum[:])
	}
	return out, nil
}
