// What every check shares: its own connection and time, comparison, names, numbered bodies.
package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func withinTime(url string, run check) (string, error) {
	type outcome struct {
		seen string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		connection, err := amqp.Dial(url)
		if err != nil {
			done <- outcome{"", err}
			return
		}
		defer connection.Close()
		channel, err := connection.Channel()
		if err != nil {
			done <- outcome{"", err}
			return
		}
		seen, err := run(connection, channel)
		done <- outcome{seen, err}
	}()
	select {
	case end := <-done:
		return end.seen, end.err
	case <-time.After(secondsEach * time.Second):
		return "", fmt.Errorf("no end after %d s", secondsEach)
	}
}

func same(what string, seen, expected any) error {
	if reflect.DeepEqual(seen, expected) {
		return nil
	}
	return fmt.Errorf("%s: expected %v, got %v", what, expected, seen)
}

func freshName(purpose string) string {
	unique := make([]byte, 6)
	_, _ = rand.Read(unique)
	return fmt.Sprintf("interop.%s.%x", purpose, unique)
}

// numberedBody is the number first, then filler; every hundredth body is longer than one AMQP frame.
func numberedBody(number int) []byte {
	size := 20 + number%7*30
	if number%100 == 99 {
		size = 300_000
	}
	body := bytes.Repeat([]byte("x"), size)
	copy(body, strconv.Itoa(number)+" ")
	return body
}

func libraryVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == "github.com/rabbitmq/amqp091-go" {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "unknown"
}
