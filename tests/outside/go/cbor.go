package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
)

type cborInput struct{ Samples [][]byte }

type cborOutput struct {
	Accepted []bool
	Why      []string
}

// judgeCBOR says of each sample whether it is the deterministic encoding (RFC 8949, 4.2.1) of a value within the
// subset that Dongting speaks: strict decoding, a check of the kinds, and the same bytes after encoding again.
func judgeCBOR(in cborInput) (*cborOutput, error) {
	decoding := cbor.DecOptions{
		DupMapKey:   cbor.DupMapKeyEnforcedAPF,
		IndefLength: cbor.IndefLengthForbidden,
		TimeTag:     cbor.DecTagIgnored,
		IntDec:      cbor.IntDecConvertNone,
		BigIntDec:   cbor.BigIntDecodeValue,
		// Beyond what the subset allows, so that its own limit decides.
		MaxNestedLevels: 64,
	}
	// No registered tags: 0 and 1 stay tags instead of becoming moments.
	decoder, err := decoding.DecMode()
	if err != nil {
		return nil, err
	}
	encoder, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	out := &cborOutput{}
	for _, sample := range in.Samples {
		why := judge(decoder, encoder, sample)
		out.Accepted = append(out.Accepted, why == nil)
		out.Why = append(out.Why, fmt.Sprint(why))
	}
	return out, nil
}

func judge(decoder cbor.DecMode, encoder cbor.EncMode, sample []byte) error {
	var value any
	if err := decoder.Unmarshal(sample, &value); err != nil {
		return err
	}
	if err := within(value, 0); err != nil {
		return err
	}
	again, err := encoder.Marshal(value)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, sample) {
		return errors.New("another encoding of the same value")
	}
	return nil
}

const maxDepth = 16

func within(value any, depth int) error {
	switch found := value.(type) {
	case nil, bool, []byte, string, uint64, int64:
		return nil
	case big.Int: // -2^64 to -2^63-1, or a number of tag 2 or 3
		if found.Sign() < 0 && new(big.Int).Not(&found).BitLen() <= 64 {
			return nil
		}
		return errors.New("a number beyond 64 bits")
	case []any:
		return all(found, depth)
	case map[any]any:
		if depth >= maxDepth {
			return errors.New("too deep")
		}
		for key, item := range found {
			switch key.(type) {
			case string, uint64, int64, big.Int:
			default:
				return fmt.Errorf("a label of type %T", key)
			}
			if err := within(item, depth+1); err != nil {
				return err
			}
		}
		return nil
	case cbor.Tag:
		if found.Number == 4 || found.Number == 5 {
			return errors.New("a fraction")
		}
		return all([]any{found.Content}, depth)
	default:
		return fmt.Errorf("a value of type %T", value)
	}
}

func all(items []any, depth int) error {
	if depth >= maxDepth {
		return errors.New("too deep")
	}
	for _, item := range items {
		if err := within(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}
