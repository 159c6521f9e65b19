// Telegraf's RabbitMQ input, unchanged, gathers once: go run . http://user:password@host:port amqp://…
package main

import (
	"fmt"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/influxdata/telegraf"
	"github.com/influxdata/telegraf/agent"
	"github.com/influxdata/telegraf/config"
	"github.com/influxdata/telegraf/logger"
	"github.com/influxdata/telegraf/plugins/inputs/rabbitmq"
)

const timeout = config.Duration(20 * time.Second)

var wanted = []string{"overview", "node", "exchange"}

func main() {
	metrics, err := gather(os.Args[1])
	failed := false
	for _, name := range wanted {
		fields := metrics["rabbitmq_"+name]
		switch {
		case err != nil:
			fmt.Printf("telegraf %s: %s FAILED: %s\n", version(), name, strings.ReplaceAll(err.Error(), "\n", " | "))
		case fields == 0:
			fmt.Printf("telegraf %s: %s FAILED: nothing gathered\n", version(), name)
		default:
			fmt.Printf("telegraf %s: %s ok (%d fields)\n", version(), name, fields)
			continue
		}
		failed = true
	}
	if failed {
		os.Exit(1)
	}
}

// The number of fields by the name of the measurement. What the input could not read is an error.
func gather(address string) (map[string]int, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	password, _ := at.User.Password()
	input := &rabbitmq.RabbitMQ{
		URL:                   "http://" + at.Host,
		Username:              config.NewSecret([]byte(at.User.Username())),
		Password:              config.NewSecret([]byte(password)),
		ClientTimeout:         timeout,
		ResponseHeaderTimeout: timeout,
		Log:                   logger.New("inputs", "rabbitmq", ""),
	}
	if err := input.Init(); err != nil {
		return nil, err
	}
	into := &counter{fields: map[string]int{}}
	gathered := make(chan telegraf.Metric, 100)
	done := make(chan struct{})
	go func() {
		for metric := range gathered {
			into.fields[metric.Name()] += len(metric.Fields())
		}
		close(done)
	}()
	into.Accumulator = agent.NewAccumulator(plain{}, gathered)
	err = input.Gather(into)
	close(gathered)
	<-done
	if err == nil {
		err = into.wrong
	}
	return into.fields, err
}

// Telegraf's own accumulator, that keeps the first error instead of logging it.
type counter struct {
	telegraf.Accumulator
	fields map[string]int
	wrong  error
}

func (c *counter) AddError(err error) {
	if c.wrong == nil {
		c.wrong = err
	}
}

type plain struct{}

func (plain) LogName() string                                   { return "rabbitmq" }
func (plain) MakeMetric(metric telegraf.Metric) telegraf.Metric { return metric }
func (plain) Log() telegraf.Logger                              { return logger.New("inputs", "rabbitmq", "") }

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/influxdata/telegraf" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}
