package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type logInput struct {
	URL   string // where the tiles of C2SP tlog-tiles are served
	VKey  string
	Older string // a checkpoint
	Newer string // a later one
	Seed  []byte // of the member that asks, where entry bundles are for members
	KeyID string
}

type logOutput struct {
	Origin  string
	Size    int64
	Entries [][]byte
}

// checkpoint opens a signed note with golang.org/x/mod and parses it with torchwood.
func checkpoint(text, vkey string) (torchwood.Checkpoint, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return torchwood.Checkpoint{}, err
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return torchwood.Checkpoint{}, err
	}
	if len(opened.Sigs) != 1 {
		return torchwood.Checkpoint{}, fmt.Errorf("%d signatures of the log", len(opened.Sigs))
	}
	found, err := torchwood.ParseCheckpoint(opened.Text)
	if err == nil && found.Extension != "" {
		err = errors.New("an extension line")
	}
	return found, err
}

// readLog fetches every entry of the log under the newer checkpoint, which torchwood's client checks against
// the root, and proves from the tiles that the newer checkpoint extends the older one.
func readLog(in logInput) (*logOutput, error) {
	older, err := checkpoint(in.Older, in.VKey)
	if err != nil {
		return nil, fmt.Errorf("older checkpoint: %w", err)
	}
	newer, err := checkpoint(in.Newer, in.VKey)
	if err != nil {
		return nil, fmt.Errorf("newer checkpoint: %w", err)
	}
	options := []torchwood.TileFetcherOption{torchwood.WithHTTPClient(http.DefaultClient)}
	if in.Seed != nil {
		signing := &signing{ed25519.NewKeyFromSeed(in.Seed), in.KeyID}
		options[0] = torchwood.WithHTTPClient(&http.Client{Transport: signing})
	}
	fetcher, err := torchwood.NewTileFetcher(in.URL, options...)
	if err != nil {
		return nil, err
	}
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out := &logOutput{Origin: newer.Origin, Size: newer.N}
	for index, entry := range client.AllEntries(ctx, newer.Tree, 0) {
		if index != int64(len(out.Entries)) {
			return nil, fmt.Errorf("entry %d came after %d others", index, len(out.Entries))
		}
		out.Entries = append(out.Entries, entry)
	}
	if err := client.Err(); err != nil {
		return nil, err
	}
	hashes := torchwood.TileHashReaderWithContext(ctx, newer.Tree, fetcher)
	extends, err := tlog.ProveTree(newer.N, older.N, hashes)
	if err != nil {
		return nil, err
	}
	return out, tlog.CheckTree(extends, newer.N, newer.Hash, older.N, older.Hash)
}

// signing signs requests without content (RFC 9421) on their way out.
type signing struct {
	key   ed25519.PrivateKey
	keyID string
}

func (s *signing) RoundTrip(request *http.Request) (*http.Response, error) {
	parameters := fmt.Sprintf(`("@method" "@target-uri");created=%d;keyid="%s";nonce="%s"`,
		time.Now().Unix(), s.keyID, rand.Text())
	base := fmt.Sprintf("\"@method\": %s\n\"@target-uri\": %s\n\"@signature-params\": %s",
		request.Method, request.URL, parameters)
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, []byte(base)))
	request = request.Clone(request.Context())
	request.Header.Set("Signature-Input", "member="+parameters)
	request.Header.Set("Signature", "member=:"+signature+":")
	return http.DefaultTransport.RoundTrip(request)
}

type cosignedInput struct {
	Note        string
	VKey        string
	WitnessVKey string
}

type cosignedOutput struct {
	Size int64
	Time int64
}

// readCosigned demands the log's signature and the witness's cosignature (C2SP tlog-cosignature).
func readCosigned(in cosignedInput) (*cosignedOutput, error) {
	log, err := note.NewVerifier(in.VKey)
	if err != nil {
		return nil, err
	}
	witness, err := torchwood.NewCosignatureVerifier(in.WitnessVKey)
	if err != nil {
		return nil, err
	}
	policy := torchwood.ThresholdPolicy(3, torchwood.OriginPolicy(log.Name()),
		torchwood.SingleVerifierPolicy(log), torchwood.SingleVerifierPolicy(witness))
	found, opened, err := torchwood.VerifyCheckpoint([]byte(in.Note), policy)
	if err != nil {
		return nil, err
	}
	for _, signature := range opened.Sigs {
		if signature.Hash == witness.KeyHash() {
			moment, err := torchwood.CosignatureTimestamp(signature)
			return &cosignedOutput{found.N, moment}, err
		}
	}
	return nil, errors.New("no cosignature")
}

type cosignInput struct {
	Note string
	VKey string
	Seed []byte // of the witness's key
	Name string
}

type cosignOutput struct {
	Note string
	VKey string // of the witness
}

// makeCosigned adds a witness's cosignature to a checkpoint.
func makeCosigned(in cosignInput) (*cosignOutput, error) {
	log, err := note.NewVerifier(in.VKey)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open([]byte(in.Note), note.VerifierList(log))
	if err != nil {
		return nil, err
	}
	signer, err := torchwood.NewCosignatureSigner(in.Name, ed25519.NewKeyFromSeed(in.Seed))
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(opened, signer)
	return &cosignOutput{string(signed), signer.Verifier().String()}, err
}

type proofsInput struct {
	Inclusions []struct {
		Index, Size uint64
		Entry, Root []byte
		Path        [][]byte
	}
	Consistencies []struct {
		First, Second         uint64
		FirstRoot, SecondRoot []byte
		Path                  [][]byte
	}
}

type proofsOutput struct{ Checked int }

// checkProofs verifies Merkle proofs (RFC 9162, 2.1.3 and 2.1.4) with transparency-dev/merkle.
func checkProofs(in proofsInput) (*proofsOutput, error) {
	hasher := rfc6962.DefaultHasher
	for _, one := range in.Inclusions {
		leaf := hasher.HashLeaf(one.Entry)
		if err := proof.VerifyInclusion(hasher, one.Index, one.Size, leaf, one.Path, one.Root); err != nil {
			return nil, fmt.Errorf("inclusion of %d in %d: %w", one.Index, one.Size, err)
		}
	}
	for _, one := range in.Consistencies {
		err := proof.VerifyConsistency(hasher, one.First, one.Second, one.Path, one.FirstRoot, one.SecondRoot)
		if err != nil {
			return nil, fmt.Errorf("consistency of %d with %d: %w", one.First, one.Second, err)
		}
	}
	return &proofsOutput{len(in.Inclusions) + len(in.Consistencies)}, nil
}
