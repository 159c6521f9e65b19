// Package proof is what the Go programs print: one line per capability, several checks at once, each with its own time.
package proof

import (
	"crypto/rand"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

const (
	secondsEach      = 60
	secondsOfWaiting = 25
	atOnce           = 5
)

// Check answers what was seen, in a few words.
type Check struct {
	Capability string
	Run        func() (string, error)
}

// All tries every check and ends the process: 0 if all held.
func All(client, version string, checks []Check) {
	var running sync.WaitGroup
	var lock sync.Mutex
	wrong := 0
	slots := make(chan struct{}, atOnce)
	for _, check := range checks {
		running.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; running.Done() }()
			seen, err := withinTime(check.Run)
			lock.Lock()
			defer lock.Unlock()
			if err == nil {
				fmt.Printf("%s %s: %s ok (%s)\n", client, version, check.Capability, seen)
				return
			}
			wrong++
			fmt.Printf("%s %s: %s FAILED: %s\n", client, version, check.Capability, strings.ReplaceAll(err.Error(), "\n", " | "))
		}()
	}
	running.Wait()
	if wrong > 0 {
		os.Exit(1)
	}
}

func withinTime(run func() (string, error)) (string, error) {
	type outcome struct {
		seen string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		seen, err := run()
		done <- outcome{seen, err}
	}()
	select {
	case end := <-done:
		return end.seen, end.err
	case <-time.After(secondsEach * time.Second):
		return "", fmt.Errorf("no end after %d s", secondsEach)
	}
}

// Same is an error unless both are deeply equal.
func Same(what string, seen, expected any) error {
	if reflect.DeepEqual(seen, expected) {
		return nil
	}
	return fmt.Errorf("%s: expected %s, got %s", what, shortened(expected), shortened(seen))
}

// Eventually waits until it holds.
func Eventually(what string, holds func() bool) error {
	deadline := time.Now().Add(secondsOfWaiting * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %d s", what, secondsOfWaiting)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// FirstOf answers the first error there is.
func FirstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// FreshName is one that no earlier run against the same broker has used.
func FreshName(purpose string) string {
	unique := make([]byte, 6)
	_, _ = rand.Read(unique)
	return fmt.Sprintf("interop.%s.%x", purpose, unique)
}

// VersionOf answers the version of a module in this program.
func VersionOf(module string) string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, each := range build.Deps {
			if each.Path == module {
				return strings.TrimPrefix(each.Version, "v")
			}
		}
	}
	return "unknown"
}

func shortened(value any) string {
	text := fmt.Sprintf("%+v", value)
	if len(text) <= 300 {
		return text
	}
	return text[:300] + "…"
}
