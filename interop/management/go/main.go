// rabbit-hole, the Go client of the management API that Terraform's provider and RabbitMQ's Kubernetes operator stand on,
// through its calls: go run . http://user:password@host:port amqp://…
package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"sort"
	"strings"
	"time"

	rabbithole "github.com/michaelklishin/rabbit-hole/v2"
)

type check struct {
	capability string
	run        func(*rabbithole.Client, string) (string, error)
}

var checks = []check{
	{"overview", overview},
	{"vhosts", vhosts},
	{"users", users},
	{"topology", topology},
	{"policies", policies},
	{"limits", limits},
	{"parameters", parameters},
	{"definitions", definitions},
	{"health", health},
	{"lists", lists},
	{"errors", wrong},
}

func main() {
	address, err := url.Parse(os.Args[1])
	if err != nil {
		panic(err)
	}
	password, _ := address.User.Password()
	client, err := rabbithole.NewClient("http://"+address.Host, address.User.Username(), password)
	if err != nil {
		panic(err)
	}
	client.SetTimeout(20 * time.Second)
	vhost := fmt.Sprintf("rabbit-hole/%d", time.Now().UnixNano())
	failed := 0
	for _, one := range checks {
		seen, err := one.run(client, vhost)
		if err != nil {
			failed++
			fmt.Printf("rabbit-hole %s: %s FAILED: %s\n", version(), one.capability, strings.ReplaceAll(err.Error(), "\n", " | "))
			continue
		}
		fmt.Printf("rabbit-hole %s: %s ok (%s)\n", version(), one.capability, seen)
	}
	_, _ = client.DeleteVhost(vhost)
	if failed > 0 {
		os.Exit(1)
	}
}

// expect holds the statuses of calls that change something.
func expect(status int, response *http.Response, err error) error {
	if err != nil {
		return err
	}
	if response.StatusCode != status {
		return fmt.Errorf("%s %s: %d expected, %d answered", response.Request.Method, response.Request.URL.Path, status, response.StatusCode)
	}
	return nil
}

func first(errors ...error) error {
	for _, err := range errors {
		if err != nil {
			return err
		}
	}
	return nil
}

func put(status int) func(*http.Response, error) error {
	return func(response *http.Response, err error) error { return expect(status, response, err) }
}

func overview(c *rabbithole.Client, _ string) (string, error) {
	o, err := c.Overview()
	if err != nil {
		return "", err
	}
	if o.RabbitMQVersion == "" || o.ManagementVersion == "" || o.Node == "" || len(o.ExchangeTypes) < 4 || len(o.Listeners) < 2 {
		return "", fmt.Errorf("fields are missing: %+v", o)
	}
	nodes, err := c.ListNodes()
	if err != nil {
		return "", err
	}
	node, err := c.GetNode(nodes[0].Name)
	if err != nil {
		return "", err
	}
	if !node.IsRunning || node.MemLimit == 0 || node.DiskFree == 0 || node.ProcTotal == 0 {
		return "", fmt.Errorf("fields of the node are missing: %+v", node)
	}
	who, err := c.Whoami()
	if err != nil || len(who.Tags) == 0 {
		return "", fmt.Errorf("whoami: %v %v", who, err)
	}
	name, err := c.GetClusterName()
	if err != nil {
		return "", err
	}
	protocols, err := c.EnabledProtocols()
	if err != nil {
		return "", err
	}
	sort.Strings(protocols)
	return fmt.Sprintf("node %s of %s, %s", node.Name, name.Name, strings.Join(protocols, " ")), nil
}

func vhosts(c *rabbithole.Client, vhost string) (string, error) {
	put201, put204 := put(201), put(204)
	settings := rabbithole.VhostSettings{Description: "of rabbit-hole", Tags: []string{"one", "two"}}
	if err := first(put201(c.PutVhost(vhost, settings)), put204(c.PutVhost(vhost, settings))); err != nil {
		return "", err
	}
	seen, err := c.GetVhost(vhost)
	if err != nil {
		return "", err
	}
	if seen.Description != "of rabbit-hole" || len(seen.Tags) != 2 || len(seen.ClusterState) != 1 {
		return "", fmt.Errorf("got %+v", seen)
	}
	all, err := c.ListVhosts()
	if err != nil {
		return "", err
	}
	if _, err := c.ListVhostConnections(vhost); err != nil {
		return "", err
	}
	return fmt.Sprintf("one of %d, with description and tags", len(all)), nil
}

func users(c *rabbithole.Client, vhost string) (string, error) {
	const name = "rabbit hole/ü"
	put201, put204 := put(201), put(204)
	all := rabbithole.Permissions{Configure: ".*", Write: ".*", Read: "^only"}
	topic := rabbithole.TopicPermissions{Exchange: "amq.topic", Write: "^a", Read: ".*"}
	hash := rabbithole.Base64EncodedSaltedPasswordHashSHA256("secret")
	err := first(
		put201(c.PutUser(name, rabbithole.UserSettings{PasswordHash: hash, Tags: rabbithole.UserTags{"management", "policymaker"}, HashingAlgorithm: rabbithole.HashingAlgorithmSHA256})),
		put201(c.UpdatePermissionsIn(vhost, name, all)),
		put204(c.UpdatePermissionsIn(vhost, name, all)),
		put201(c.UpdateTopicPermissionsIn(vhost, name, topic)),
	)
	if err != nil {
		return "", err
	}
	user, err := c.GetUser(name)
	if err != nil {
		return "", err
	}
	if user.PasswordHash != hash || len(user.Tags) != 2 {
		return "", fmt.Errorf("got %+v", user)
	}
	base := c.Endpoint
	own, _ := rabbithole.NewClient(base, name, "secret")
	if who, err := own.Whoami(); err != nil || who.Name != name {
		return "", fmt.Errorf("with a password hashed here: %v %v", who, err)
	}
	in, err := c.GetPermissionsIn(vhost, name)
	if err != nil || in.Read != "^only" {
		return "", fmt.Errorf("permissions: %+v %v", in, err)
	}
	of, err := c.ListPermissionsOf(name)
	if err != nil || len(of) != 1 {
		return "", fmt.Errorf("permissions of: %+v %v", of, err)
	}
	topics, err := c.GetTopicPermissionsIn(vhost, name)
	if err != nil || len(topics) != 1 || topics[0].Exchange != "amq.topic" {
		return "", fmt.Errorf("topic permissions: %+v %v", topics, err)
	}
	limits := rabbithole.UserLimitsValues{"max-connections": 3}
	err = first(
		put204(c.PutUserLimits(name, limits)),
		put204(c.DeleteTopicPermissionsIn(vhost, name, "amq.topic")),
		put204(c.ClearPermissionsIn(vhost, name)),
	)
	if err != nil {
		return "", err
	}
	limited, err := c.GetUserLimits(name)
	if err != nil || len(limited) != 1 || limited[0].Value["max-connections"] != 3 {
		return "", fmt.Errorf("limits: %+v %v", limited, err)
	}
	return "hash made by the client, permissions, topic permissions, limits", put204(c.DeleteUser(name))
}

func topology(c *rabbithole.Client, vhost string) (string, error) {
	put201, put204 := put(201), put(204)
	toQueue := rabbithole.BindingInfo{Source: "x/1", Destination: "q/1", DestinationType: "queue", RoutingKey: "a.#", Arguments: map[string]any{"n": 1}}
	toExchange := rabbithole.BindingInfo{Source: "x/1", Destination: "y", DestinationType: "exchange", RoutingKey: "#"}
	err := first(
		put201(c.DeclareExchange(vhost, "x/1", rabbithole.ExchangeSettings{Type: "topic", Durable: true})),
		put201(c.DeclareExchange(vhost, "y", rabbithole.ExchangeSettings{Type: "fanout", AutoDelete: false})),
		put201(c.DeclareQueue(vhost, "q/1", rabbithole.QueueSettings{Durable: true, Arguments: map[string]any{"x-max-length": 5}})),
		put201(c.DeclareQueue(vhost, "quorum", rabbithole.QueueSettings{Type: "quorum", Durable: true})),
		put204(c.DeclareQueue(vhost, "quorum", rabbithole.QueueSettings{Type: "quorum", Durable: true})),
		put201(c.DeclareBinding(vhost, toQueue)),
		put201(c.DeclareBinding(vhost, toExchange)),
	)
	if err != nil {
		return "", err
	}
	queue, err := c.GetQueue(vhost, "q/1")
	if err != nil {
		return "", err
	}
	if queue.Name != "q/1" || !queue.Durable || queue.Arguments["x-max-length"] != 5.0 {
		return "", fmt.Errorf("got %+v", queue)
	}
	exchange, err := c.GetExchange(vhost, "x/1")
	if err != nil || exchange.Type != "topic" {
		return "", fmt.Errorf("got %+v %v", exchange, err)
	}
	between, err := c.ListQueueBindingsBetween(vhost, "x/1", "q/1")
	if err != nil || len(between) != 1 || between[0].RoutingKey != "a.#" {
		return "", fmt.Errorf("bindings: %+v %v", between, err)
	}
	exchanges, err := c.ListExchangeBindingsBetween(vhost, "x/1", "y")
	if err != nil || len(exchanges) != 1 {
		return "", fmt.Errorf("bindings of exchanges: %+v %v", exchanges, err)
	}
	from, err := c.ListExchangeBindingsWithSource(vhost, "x/1")
	if err != nil || len(from) != 2 {
		return "", fmt.Errorf("bindings with the source: %+v %v", from, err)
	}
	toQueue.PropertiesKey = between[0].PropertiesKey
	toExchange.PropertiesKey = exchanges[0].PropertiesKey
	page, err := c.PagedListQueuesWithParametersIn(vhost, url.Values{"page": {"1"}, "page_size": {"1"}})
	if err != nil || page.TotalCount != 2 || len(page.Items) != 1 {
		return "", fmt.Errorf("page: %+v %v", page, err)
	}
	err = first(
		put204(c.SyncQueue(vhost, "q/1")),
		put204(c.PurgeQueue(vhost, "q/1")),
		put204(c.DeleteBinding(vhost, toQueue)),
		put204(c.DeleteBinding(vhost, toExchange)),
		put204(c.DeleteQueue(vhost, "q/1", rabbithole.QueueDeleteOptions{IfEmpty: true, IfUnused: true})),
		put204(c.DeleteExchange(vhost, "x/1")),
	)
	return "made, found, bound, unbound, deleted, with slashes in their names", err
}

func policies(c *rabbithole.Client, vhost string) (string, error) {
	put201, put204 := put(201), put(204)
	policy := rabbithole.Policy{Pattern: "^p", ApplyTo: "queues", Priority: 3, Definition: rabbithole.PolicyDefinition{"max-length": 7}}
	operator := rabbithole.OperatorPolicy{Pattern: "^p", ApplyTo: "queues", Priority: 1, Definition: rabbithole.PolicyDefinition{"expires": 3600000}}
	if err := first(put201(c.PutPolicy(vhost, "p/1", policy)), put201(c.PutOperatorPolicy(vhost, "o", operator))); err != nil {
		return "", err
	}
	seen, err := c.GetPolicy(vhost, "p/1")
	if err != nil || seen.Priority != 3 || seen.Definition["max-length"] != 7.0 || seen.ApplyTo != "queues" {
		return "", fmt.Errorf("got %+v %v", seen, err)
	}
	in, err := c.ListPoliciesIn(vhost)
	if err != nil || len(in) != 1 {
		return "", fmt.Errorf("list: %+v %v", in, err)
	}
	bound, err := c.GetOperatorPolicy(vhost, "o")
	if err != nil || bound.Definition["expires"] != 3600000.0 {
		return "", fmt.Errorf("operator policy: %+v %v", bound, err)
	}
	return "a policy and an operator's", first(put204(c.DeletePolicy(vhost, "p/1")), put204(c.DeleteOperatorPolicy(vhost, "o")))
}

func limits(c *rabbithole.Client, vhost string) (string, error) {
	put204 := put(204)
	if err := put204(c.PutVhostLimits(vhost, rabbithole.VhostLimitsValues{"max-queues": 9, "max-connections": 8})); err != nil {
		return "", err
	}
	seen, err := c.GetVhostLimits(vhost)
	if err != nil || len(seen) != 1 || seen[0].Value["max-queues"] != 9 || seen[0].Value["max-connections"] != 8 {
		return "", fmt.Errorf("got %+v %v", seen, err)
	}
	if err := put204(c.DeleteVhostLimits(vhost, rabbithole.VhostLimits{"max-queues", "max-connections"})); err != nil {
		return "", err
	}
	seen, err = c.GetVhostLimits(vhost)
	if err != nil || len(seen) != 0 {
		return "", fmt.Errorf("when taken away: %+v %v", seen, err)
	}
	return "set, seen, taken away", nil
}

func parameters(c *rabbithole.Client, vhost string) (string, error) {
	put201, put204 := put(201), put(204)
	if err := put201(c.PutGlobalParameter("rabbit-hole", map[string]any{"a": 1})); err != nil {
		return "", err
	}
	if seen, err := c.GetGlobalParameter("rabbit-hole"); err != nil || seen.Name != "rabbit-hole" {
		return "", fmt.Errorf("got %+v %v", seen, err)
	}
	if _, err := c.ListRuntimeParameters(); err != nil {
		return "", err
	}
	if _, err := c.ListFederationUpstreams(); err != nil {
		return "", err
	}
	if _, err := c.ListFederationLinks(); err != nil {
		return "", err
	}
	if _, err := c.ListShovels(); err != nil {
		return "", err
	}
	return "a global parameter; no federation, no shovels", put204(c.DeleteGlobalParameter("rabbit-hole"))
}

func definitions(c *rabbithole.Client, vhost string) (string, error) {
	all, err := c.ListDefinitions()
	if err != nil {
		return "", err
	}
	if all.Users == nil || all.Vhosts == nil || all.Queues == nil || len(*all.Users) == 0 {
		return "", fmt.Errorf("got %+v", all)
	}
	if _, err := c.ListVhostDefinitions(vhost); err != nil {
		return "", err
	}
	queues := []rabbithole.QueueInfo{{Name: "imported", Vhost: vhost, Durable: true, Arguments: map[string]any{}}}
	response, err := c.UploadDefinitions(&rabbithole.ExportedDefinitions{
		Users: &[]rabbithole.UserInfo{}, Vhosts: &[]rabbithole.VhostInfo{}, Permissions: &[]rabbithole.Permissions{},
		Parameters: &[]rabbithole.RuntimeParameter{}, Policies: &[]rabbithole.PolicyDefinition{},
		Queues: &queues, Exchanges: &[]rabbithole.ExchangeInfo{}, Bindings: &[]rabbithole.BindingInfo{},
	})
	if err := expect(204, response, err); err != nil {
		return "", err
	}
	if _, err := c.GetQueue(vhost, "imported"); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d users, %d virtual hosts, %d queues; one imported", len(*all.Users), len(*all.Vhosts), len(*all.Queues)), nil
}

func health(c *rabbithole.Client, _ string) (string, error) {
	alarms, err := c.HealthCheckAlarms()
	if err != nil || !alarms.Ok() {
		return "", fmt.Errorf("alarms: %+v %v", alarms, err)
	}
	if local, err := c.HealthCheckLocalAlarms(); err != nil || !local.Ok() {
		return "", fmt.Errorf("local alarms: %+v %v", local, err)
	}
	if vhosts, err := c.HealthCheckVirtualHosts(); err != nil || !vhosts.Ok() {
		return "", fmt.Errorf("virtual hosts: %+v %v", vhosts, err)
	}
	if quorum, err := c.HealthCheckNodeIsQuorumCritical(); err != nil || !quorum.Ok() {
		return "", fmt.Errorf("quorum: %+v %v", quorum, err)
	}
	ports, err := c.ProtocolPorts()
	if err != nil {
		return "", err
	}
	if port, err := c.HealthCheckPortListener(uint(ports["amqp"])); err != nil || !port.Ok() {
		return "", fmt.Errorf("port: %+v %v", port, err)
	}
	if none, err := c.HealthCheckPortListener(1); err == nil && none.Ok() {
		return "", fmt.Errorf("nobody listens on port 1: %+v", none)
	}
	if protocol, err := c.HealthCheckProtocolListener(rabbithole.AMQP091); err != nil || !protocol.Ok() {
		return "", fmt.Errorf("protocol: %+v %v", protocol, err)
	}
	if certificates, err := c.HealthCheckCertificateExpiration(1, rabbithole.MONTHS); err != nil || !certificates.Ok() {
		return "", fmt.Errorf("certificates: %+v %v", certificates, err)
	}
	return "alarms, virtual hosts, quorum, ports, protocols, certificates", nil
}

func lists(c *rabbithole.Client, _ string) (string, error) {
	var errors []error
	note := func(err error) { errors = append(errors, err) }
	_, err := c.ListConnections()
	note(err)
	_, err = c.ListChannels()
	note(err)
	_, err = c.ListConsumers()
	note(err)
	_, err = c.ListQueues()
	note(err)
	_, err = c.ListExchanges()
	note(err)
	_, err = c.ListBindings()
	note(err)
	_, err = c.ListUsers()
	note(err)
	_, err = c.ListPermissions()
	note(err)
	_, err = c.ListTopicPermissions()
	note(err)
	_, err = c.ListPolicies()
	note(err)
	_, err = c.ListOperatorPolicies()
	note(err)
	_, err = c.ListGlobalParameters()
	note(err)
	_, err = c.GetAllUserLimits()
	note(err)
	_, err = c.GetAllVhostLimits()
	note(err)
	_, err = c.ListFeatureFlags()
	note(err)
	return fmt.Sprintf("%d kinds of things", len(errors)), first(errors...)
}

func wrong(c *rabbithole.Client, vhost string) (string, error) {
	_, err := c.GetQueue(vhost, "none")
	if failure, ok := err.(rabbithole.ErrorResponse); !ok || failure.StatusCode != 404 || failure.Message != "Object Not Found" {
		return "", fmt.Errorf("a queue that is not there: %#v", err)
	}
	stranger, _ := rabbithole.NewClient(c.Endpoint, c.Username, "wrong")
	_, err = stranger.Overview()
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized") {
		return "", fmt.Errorf("a wrong password: %#v", err)
	}
	_, err = c.PutPolicy(vhost, "bad", rabbithole.Policy{Pattern: "[", Definition: rabbithole.PolicyDefinition{"expires": 1}})
	if failure, ok := err.(rabbithole.ErrorResponse); !ok || failure.StatusCode != 400 {
		return "", fmt.Errorf("a bad policy: %#v", err)
	}
	return "404, 401 and 400 as the client reads them", nil
}

func version() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == "github.com/michaelklishin/rabbit-hole/v2" {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "unknown"
}
