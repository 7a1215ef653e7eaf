package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

type hpkeInput struct {
	Key  []byte // X25519: the private one to open, the public one to seal
	Info []byte
	Data []byte
}

type dataOutput struct{ Data []byte }

// openHPKE opens enc || ciphertext in base mode, single shot (RFC 9180, 6.1).
func openHPKE(in hpkeInput) (*dataOutput, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(in.Key)
	if err != nil {
		return nil, err
	}
	opened, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), in.Info, in.Data)
	return &dataOutput{opened}, err
}

func sealHPKE(in hpkeInput) (*dataOutput, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(in.Key)
	if err != nil {
		return nil, err
	}
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), in.Info, in.Data)
	return &dataOutput{sealed}, err
}

type ed25519Input struct {
	Signatures []struct{ Key, Message, Signature []byte }
	Seed       []byte // signs Message, so that the caller verifies
	Message    []byte
}

type ed25519Output struct {
	Accepted  []bool
	Key       []byte
	Signature []byte
}

func verifyEd25519(in ed25519Input) (*ed25519Output, error) {
	key := ed25519.NewKeyFromSeed(in.Seed)
	out := &ed25519Output{
		Key:       key.Public().(ed25519.PublicKey),
		Signature: ed25519.Sign(key, in.Message),
	}
	for _, one := range in.Signatures {
		out.Accepted = append(out.Accepted, ed25519.Verify(one.Key, one.Message, one.Signature))
	}
	return out, nil
}

type streamInput struct {
	Profile string
	Key     []byte
	Data    []byte
}

// openStream decrypts an encrypted stream as src/dongting/wire/stream.py describes it, with
// the ciphers and key derivation of other libraries.
func openStream(in streamInput) (*dataOutput, error) {
	const parameters, header, tag = 16, 48, 16
	newHash, keySize, block := sha256.New, 32, aes.NewCipher
	if in.Profile == "national" {
		newHash, keySize, block = sm3.New, 16, sm4.NewCipher
	}
	if len(in.Data) < header {
		return nil, errors.New("shorter than a header")
	}
	check, key, err := streamKeys(newHash, in.Key, in.Data[:parameters], keySize)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(check, in.Data[parameters:header]) {
		return nil, errors.New("the key check differs")
	}
	blockCipher, err := block(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(blockCipher)
	if err != nil {
		return nil, err
	}
	head, rest, segment := in.Data[:header], in.Data[header:], 1<<in.Data[6]+tag
	out := &dataOutput{Data: []byte{}}
	for index := uint32(0); ; index++ {
		last := len(rest) <= segment
		size := min(len(rest), segment)
		nonce := binary.BigEndian.AppendUint32(bytes.Clone(head[7:14]), index)
		nonce = append(nonce, map[bool]byte{false: 0, true: 1}[last])
		if out.Data, err = aead.Open(out.Data, nonce, rest[:size], head); err != nil {
			return nil, fmt.Errorf("segment %d: %w", index, err)
		}
		if rest = rest[size:]; last {
			return out, nil
		}
	}
}

func streamKeys[H hash.Hash](newHash func() H, secret, salt []byte, size int) (check, key []byte, err error) {
	derived, err := hkdf.Key(newHash, secret, salt, "dongting/stream/v1", 32+size)
	if err != nil {
		return nil, nil, err
	}
	return derived[:32], derived[32:], nil
}
