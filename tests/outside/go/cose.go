package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/veraison/go-cose"
)

type sign1Input struct {
	Message []byte
	Key     []byte // COSE_Key
}

type sign1Output struct {
	Algorithm   int64
	ContentType string
	KeyID       []byte
	Issuer      string
	Subject     string
	Audience    string
	Payload     []byte
}

func verifierOf(key []byte) (cose.Verifier, error) {
	var parsed cose.Key
	if err := parsed.UnmarshalCBOR(key); err != nil {
		return nil, err
	}
	return parsed.Verifier()
}

// verifySign1 verifies a COSE_Sign1 (RFC 9052, 4.4) and reads the headers that outside readers look at.
func verifySign1(in sign1Input) (*sign1Output, error) {
	verifier, err := verifierOf(in.Key)
	if err != nil {
		return nil, err
	}
	var message cose.Sign1Message
	if err := message.UnmarshalCBOR(in.Message); err != nil {
		return nil, err
	}
	if err := message.Verify(nil, verifier); err != nil {
		return nil, err
	}
	header := message.Headers.Protected
	algorithm, err := header.Algorithm()
	if err != nil {
		return nil, err
	}
	out := &sign1Output{Algorithm: int64(algorithm), Payload: message.Payload}
	out.ContentType, _ = header[cose.HeaderLabelContentType].(string)
	out.KeyID, _ = header[cose.HeaderLabelKeyID].([]byte)
	claims, ok := header[cose.HeaderLabelCWTClaims].(map[any]any)
	if !ok {
		return nil, fmt.Errorf("CWT claims are a %T", header[cose.HeaderLabelCWTClaims])
	}
	out.Issuer, _ = claims[int64(1)].(string)
	out.Subject, _ = claims[int64(2)].(string)
	out.Audience, _ = claims[int64(3)].(string)
	return out, nil
}

type makeSign1Input struct {
	Suite     string // Ed25519 or ES256
	Private   []byte // the seed, or the scalar
	Protected []byte // a protected header whose values are taken over
	Payload   []byte
}

type makeSign1Output struct{ Message []byte }

// makeSign1 signs a payload under these header values, as another implementation of a client would.
func makeSign1(in makeSign1Input) (*makeSign1Output, error) {
	var header cose.ProtectedHeader
	if err := header.UnmarshalCBOR(in.Protected); err != nil {
		return nil, err
	}
	var signer cose.Signer
	var err error
	switch in.Suite {
	case "Ed25519":
		signer, err = cose.NewSigner(cose.AlgorithmEdDSA, ed25519.NewKeyFromSeed(in.Private))
	case "ES256":
		var key *ecdsa.PrivateKey
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), in.Private); err == nil {
			signer, err = cose.NewSigner(cose.AlgorithmES256, key)
		}
	default:
		err = errors.New("unknown suite")
	}
	if err != nil {
		return nil, err
	}
	data, err := cose.Sign1(rand.Reader, signer, cose.Headers{Protected: header}, in.Payload, nil)
	if err != nil || in.Suite == "Ed25519" {
		return &makeSign1Output{data}, err
	}
	lower(data[len(data)-32:])
	return &makeSign1Output{data}, nil
}

// lower replaces the s of an ES256 signature by the smaller of its two forms: RFC 9053 leaves the choice.
func lower(tail []byte) {
	order := elliptic.P256().Params().N
	s := new(big.Int).SetBytes(tail)
	if s.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		s.Sub(order, s).FillBytes(tail)
	}
}

type receiptInput struct {
	Receipt []byte
	Key     []byte // COSE_Key
	Entry   []byte // what the receipt is for
}

type receiptOutput struct {
	Size, Index uint64
	Root        []byte
	Issuer      string
	Subject     string
}

// Labels and values of RFC 9942: vds and vdp headers, RFC9162_SHA256, inclusion proofs.
const (
	labelVDS, labelVDP = int64(395), int64(396)
	rfc9162SHA256      = int64(1)
	inclusionProofs    = int64(-1)
)

// verifyReceipt computes the root from the entry and the inclusion proof, and verifies the signature over it as
// detached payload (RFC 9942, 5.2).
func verifyReceipt(in receiptInput) (*receiptOutput, error) {
	verifier, err := verifierOf(in.Key)
	if err != nil {
		return nil, err
	}
	var message cose.Sign1Message
	if err := message.UnmarshalCBOR(in.Receipt); err != nil {
		return nil, err
	}
	if message.Payload != nil {
		return nil, errors.New("the payload is not detached")
	}
	if message.Headers.Protected[labelVDS] != rfc9162SHA256 {
		return nil, fmt.Errorf("data structure %v", message.Headers.Protected[labelVDS])
	}
	proofs, _ := message.Headers.Unprotected[labelVDP].(map[any]any)
	list, _ := proofs[inclusionProofs].([]any)
	if len(list) != 1 {
		return nil, errors.New("not one inclusion proof")
	}
	encoded, _ := list[0].([]byte)
	var parsed struct {
		_           struct{} `cbor:",toarray"`
		Size, Index uint64
		Path        [][]byte
	}
	if err := cbor.Unmarshal(encoded, &parsed); err != nil {
		return nil, err
	}
	hasher := rfc6962.DefaultHasher
	leaf := hasher.HashLeaf(in.Entry)
	root, err := proof.RootFromInclusionProof(hasher, parsed.Index, parsed.Size, leaf, parsed.Path)
	if err != nil {
		return nil, err
	}
	message.Payload = root
	if err := message.Verify(nil, verifier); err != nil {
		return nil, err
	}
	out := &receiptOutput{Size: parsed.Size, Index: parsed.Index, Root: root}
	claims, _ := message.Headers.Protected[cose.HeaderLabelCWTClaims].(map[any]any)
	out.Issuer, _ = claims[int64(1)].(string)
	out.Subject, _ = claims[int64(2)].(string)
	return out, nil
}

type thumbprintInput struct{ Key []byte }

type thumbprintOutput struct{ Thumbprint []byte }

// thumbprint is that of RFC 9679: SHA-256 of the required parameters of a COSE_Key, deterministically encoded.
func thumbprint(in thumbprintInput) (*thumbprintOutput, error) {
	var key cose.Key
	if err := key.UnmarshalCBOR(in.Key); err != nil {
		return nil, err
	}
	parameters := map[int64]any{1: int64(key.Type)}
	for _, label := range []int64{-1, -2, -3} {
		if value, ok := key.Params[label]; ok {
			parameters[label] = value
		}
	}
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	encoded, err := mode.Marshal(parameters)
	sum := sha256.Sum256(encoded)
	return &thumbprintOutput{sum[:]}, err
}
