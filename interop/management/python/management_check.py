"""The Python clients of the management API: pyrabbit2, AMQPStorm's management module, and what Flower asks for its broker
tab. Usage: python management_check.py http://user:password@host:port amqp://user:password@host:port/vhost"""

import asyncio
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, urlsplit

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))

from amqpstorm.management import ApiError, ManagementApi
from flower.utils.broker import Broker
from proof import Wrong, expect_same, fresh_name, prove_all
from pyrabbit2.api import Client
from pyrabbit2.http import HTTPError

HTTP = urlsplit(sys.argv[1])
AMQP = urlsplit(sys.argv[2])
BASE = f"http://{HTTP.hostname}:{HTTP.port}"


def pyrabbit2():
    client = Client(f"{HTTP.hostname}:{HTTP.port}", HTTP.username, HTTP.password)
    vhost = fresh_name("pyrabbit2")
    client.create_vhost(vhost)
    client.set_vhost_permissions(vhost, HTTP.username, ".*", ".*", ".*")
    expect_same("alive", client.is_alive(vhost), True)
    expect_same("who", client.get_whoami()["name"], HTTP.username)
    for field in ("message_stats", "queue_totals", "object_totals", "listeners", "rabbitmq_version"):
        if field not in client.get_overview():
            raise Wrong(f"no {field} in the overview")
    client.create_exchange(vhost, "x", "topic")
    client.create_queue(vhost, "q", durable=True, arguments={"x-max-length": 10})
    client.create_binding(vhost, "x", "q", "a.*")
    expect_same("bindings", [one["source"] for one in client.get_queue_bindings(vhost, "q")], ["", "x"])
    expect_same("published", client.publish(vhost, "x", "a.b", "hello"), True)
    expect_same("got", [one["payload"] for one in client.get_messages(vhost, "q", count=5)], ["hello"])
    client.purge_queue(vhost, "q")
    expect_same("found", [one["name"] for one in client.get_queues(vhost, pattern="^q$", regex=True)], ["q"])
    client.create_policy(vhost, "p", pattern="^q", definition={"max-length": 3}, **{"apply-to": "queues"})
    expect_same("policy", client.get_policy(vhost, "p")["definition"], {"max-length": 3})
    client.delete_policy(vhost, "p")
    client.create_user("pyrabbit2", "secret", tags="monitoring")
    expect_same("user", [one["name"] for one in client.get_users() if one["name"] == "pyrabbit2"], ["pyrabbit2"])
    client.delete_user("pyrabbit2")
    for look in (client.get_nodes, client.get_connections, client.get_channels, client.get_bindings):
        look()
    for look in (client.get_permissions, client.get_definitions, client.get_extensions, client.get_cluster_name):
        look()
    client.delete_queue(vhost, "q")
    client.delete_exchange(vhost, "x")
    try:
        client.get_queue(vhost, "q")
        raise Wrong("a deleted queue was found")
    except HTTPError as refused:
        expect_same("when it is gone", refused.status, 404)
    client.delete_vhost(vhost)
    return f"{version('pyrabbit2')}: from the virtual host to its messages and back"


def amqpstorm():
    api = ManagementApi(BASE, HTTP.username, HTTP.password)
    vhost = fresh_name("amqpstorm")
    api.virtual_host.create(vhost)
    api.user.set_permission(HTTP.username, vhost)
    expect_same("alive", api.aliveness_test(vhost), {"status": "ok"})
    expect_same("who", api.whoami()["name"], HTTP.username)
    api.exchange.declare("x", "topic", virtual_host=vhost, durable=True)
    api.queue.declare("q", virtual_host=vhost, durable=True, arguments={"x-max-length": 10})
    api.queue.bind("q", "x", "a.b", virtual_host=vhost, arguments=None)
    expect_same("bindings", len(api.queue.bindings("q", vhost)), 2)
    api.basic.publish("hello", "a.b", exchange="x", virtual_host=vhost, properties={"content_type": "text/plain"})
    got = api.basic.get("q", virtual_host=vhost, requeue=False)
    expect_same("got", [(one.body, one.properties) for one in got], [("hello", {"content_type": "text/plain"})])
    expect_same("queue", api.queue.get("q", vhost)["durable"], True)
    expect_same("page", [one["name"] for one in api.queue.list(vhost, name="q", use_regex=False)], ["q"])
    api.queue.unbind("q", "x", "a.b", virtual_host=vhost)
    api.queue.purge("q", vhost)
    api.user.create("amqpstorm", "secret", tags="management")
    expect_same("user", api.user.get("amqpstorm")["tags"], ["management"])
    api.user.delete("amqpstorm")
    for look in (api.overview, api.nodes, api.connection.list, api.channel.list, api.user.list):
        look()
    expect_same("health", api.healthchecks.get(), {"status": "ok"})
    api.queue.delete("q", vhost)
    try:
        api.queue.get("q", vhost)
        raise Wrong("a deleted queue was found")
    except ApiError as refused:
        expect_same("when it is gone", refused.error_code, 404)
    api.virtual_host.delete(vhost)
    return f"{version('amqpstorm')}: from the virtual host to its messages and back"


def flower():
    client = Client(f"{HTTP.hostname}:{HTTP.port}", HTTP.username, HTTP.password)
    vhost = fresh_name("flower/")
    client.create_vhost(vhost)
    client.create_queue(vhost, "tasks")
    client.create_queue("/", vhost, auto_delete=False)
    for place, name in ((quote(vhost, ""), "tasks"), ("/", vhost)):
        # Flower is given the virtual host in the broker's URL, and asks for its queues.
        url = f"amqp://{AMQP.username}:{AMQP.password}@{AMQP.hostname}:{AMQP.port}/"
        broker = Broker(url + (vhost if place != "/" else "/"), http_api=f"{sys.argv[1]}/api/")
        seen = counted(lambda: [one for one in asyncio.run(broker.queues([name])) if one["name"] == name])
        expect_same(f"queues of {place}", [one["name"] for one in seen], [name])
        # The columns of its page, as its template reads them.
        shown = {field: seen[0].get(field) for field in ("messages", "messages_unacknowledged", "messages_ready", "consumers")}
        expect_same(f"what is shown of {name}", json.dumps(shown), json.dumps(dict.fromkeys(shown, 0)))
        client.delete_queue("/" if place == "/" else vhost, name)
    client.delete_vhost(vhost)
    return f"{version('flower')}: the queues of two virtual hosts, with the numbers of its page"


def counted(look):
    """What is there once the next statistics show numbers of it."""
    for _ in range(40):
        seen = look()
        if seen and "messages" in seen[0]:
            break
        time.sleep(0.25)
    return seen


if __name__ == "__main__":
    checks = {"pyrabbit2": pyrabbit2, "amqpstorm": amqpstorm, "flower": flower}
    sys.exit(prove_all("management-python", ".".join(map(str, sys.version_info[:3])), checks))
