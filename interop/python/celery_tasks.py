"""The Celery application that celery_check.py calls and its worker process serves: `INTEROP_URL` names the broker,
`INTEROP_PREFIX` its task queue and control exchange, so that one run does not meet another's leftovers."""

import os

from celery import Celery
from celery.exceptions import Reject
from kombu import Exchange, Queue

PREFIX = os.environ["INTEROP_PREFIX"]

app = Celery("interop", broker=os.environ["INTEROP_URL"], backend="rpc://")
app.conf.update(
    task_queues=[Queue(PREFIX, Exchange(PREFIX, "direct"), routing_key=PREFIX)],
    task_default_queue=PREFIX,
    task_default_exchange=PREFIX,
    task_default_routing_key=PREFIX,
    task_acks_late=True,
    worker_prefetch_multiplier=4,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=False,
    broker_connection_timeout=5,
    control_exchange=f"{PREFIX}.control",
)


@app.task
def square(number):
    return number * number


@app.task
def fail(reason):
    raise ValueError(reason)


@app.task(bind=True, max_retries=5)
def flaky(self, failures):
    """Fails `failures` times, each time asking to be run again a little later."""
    if self.request.retries < failures:
        raise self.retry(countdown=0.2)
    return self.request.retries


@app.task(bind=True)
def give_back(self):
    """Puts its message back on the queue when it sees it for the first time."""
    if not self.request.delivery_info["redelivered"]:
        raise Reject("not now", requeue=True)
    return "redelivered"
