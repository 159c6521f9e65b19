/** Declaring what is there already: it must agree, or is refused in RabbitMQ's words. */
import { refuseInequivalent } from './argument-value.ts'
import { checkExchangeType } from './arguments.ts'
import type { Queue } from './queue/queue.ts'
import { checkSameArguments } from './queue/queue-arguments.ts'
import type { QueueOptions } from './queue/surroundings.ts'
import { Refusal } from './refusal.ts'
import type { Exchange, ExchangeOptions } from './routing/exchange.ts'
import { sameValue } from './routing/headers.ts'

/** @throws Refusal precondition-failed */
export function checkSameExchange(existing: Exchange, vhost: string, type: string, options: ExchangeOptions): void {
  const differ = (arg: string, received: string, current: string): never => {
    throw new Refusal(
      'precondition-failed',
      `inequivalent arg '${arg}' for exchange '${existing.name}' in vhost '${vhost}': received ${received} but current is ${current}`,
    )
  }
  if (existing.type !== type) {
    checkExchangeType(type)
    differ('type', quoted(type), quoted(existing.type))
  }
  const same = (arg: string, received: boolean, current: boolean): void => {
    if (received !== current) differ(arg, quoted(received), quoted(current))
  }
  same('durable', options.durable, existing.durable)
  same('auto_delete', options.autoDelete, existing.autoDelete)
  same('internal', options.internal, existing.internal)
  for (const arg of existing.knownArguments) {
    const [received, current] = [options.arguments[arg], existing.arguments[arg]]
    if (sameValue(received ?? null, current ?? null)) continue
    refuseInequivalent(arg, `exchange '${existing.name}' in vhost '${vhost}'`, received, current)
  }
}

/** @throws Refusal precondition-failed, or resource-locked if only one of the two is exclusive */
export function checkSameQueue(existing: Queue, options: Omit<QueueOptions, 'vhost'>): void {
  checkSameProperties(existing, options)
  checkSameArguments(existing.name, existing.vhost, existing.arguments, options.arguments)
}

type Properties = Pick<QueueOptions, 'vhost' | 'name' | 'durable' | 'autoDelete' | 'exclusiveTo'>

/** All but the arguments. @throws Refusal as `checkSameQueue` */
export function checkSameProperties(existing: Properties, options: Omit<Properties, 'vhost'>): void {
  const { name, vhost } = existing
  const differ = (arg: string, received: boolean, current: boolean): never => {
    throw new Refusal(
      'precondition-failed',
      `inequivalent arg '${arg}' for queue '${name}' in vhost '${vhost}': received ${quoted(received)} but current is ${quoted(current)}`,
    )
  }
  if (existing.durable !== options.durable) differ('durable', options.durable, existing.durable)
  if (existing.autoDelete !== options.autoDelete) differ('auto_delete', options.autoDelete, existing.autoDelete)
  if ((existing.exclusiveTo === null) !== (options.exclusiveTo === null)) throw locked(existing)
}

/** The queue is exclusive to another connection. */
export function locked({ name, vhost }: Pick<Queue, 'name' | 'vhost'>): Refusal {
  return new Refusal(
    'resource-locked',
    `cannot obtain exclusive access to locked queue '${name}' in vhost '${vhost}'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.`,
  )
}

function quoted(value: string | boolean): string {
  return `'${value}'`
}
