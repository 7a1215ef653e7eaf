// Command outside reads what Dongting writes, with libraries of other projects.
//
// It takes the name of one task, reads its input as JSON from standard input, and writes the outcome as JSON;
// bytes are base64. A task that finds the bytes wrong answers {"error": ...}: the caller decides whether it
// expected that.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

var tasks = map[string]func(json.RawMessage) (any, error){
	"log":         task(readLog),
	"cosigned":    task(readCosigned),
	"cosign":      task(makeCosigned),
	"proofs":      task(checkProofs),
	"sign1":       task(verifySign1),
	"make-sign1":  task(makeSign1),
	"receipt":     task(verifyReceipt),
	"cbor":        task(judgeCBOR),
	"thumbprint":  task(thumbprint),
	"ed25519":     task(verifyEd25519),
	"hpke-open":   task(openHPKE),
	"hpke-seal":   task(sealHPKE),
	"sm2-verify":  task(verifySM2),
	"sm2-sign":    task(signSM2),
	"sm2-decrypt": task(decryptSM2),
	"sm2-encrypt": task(encryptSM2),
	"sm3":         task(hashSM3),
	"stream":      task(openStream),
}

// task decodes the input of a task.
func task[In, Out any](do func(In) (Out, error)) func(json.RawMessage) (any, error) {
	return func(raw json.RawMessage) (any, error) {
		var in In
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fmt.Errorf("input: %w", err)
		}
		return do(in)
	}
}

func main() {
	if len(os.Args) != 2 || tasks[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: outside TASK < input.json")
		os.Exit(2)
	}
	var in json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	out, err := tasks[os.Args[1]](in)
	if err != nil {
		out = map[string]string{"error": err.Error()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
