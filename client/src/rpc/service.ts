/** A service: methods that any client calls and any number of workers answer. */
import type { Core } from '../core.ts'
import type { Mailbox } from '../mailbox.ts'
import { checked, type Schema, type Untyped } from '../message/schema.ts'
import { checkName } from '../receiving/names.ts'
import type { Stoppable } from '../stoppable.ts'
import { Call, type CallOptions } from './call.ts'
import type { InputOfPart, MethodSchemas, Methods, OutputOfPart } from './methods.ts'
import { type CallContext, type HandleOptions, Worker } from './worker.ts'

export interface ServiceOptions<Schemas extends MethodSchemas = MethodSchemas> {
  /** Arguments and results are checked where they are sent and where they arrive. */
  readonly methods?: Schemas
}

export type MethodHandler<Service extends Methods, Name extends keyof Service> = (
  args: OutputOfPart<Service[Name], 'args'>,
  context: CallContext,
) => Promise<InputOfPart<Service[Name], 'result'>> | InputOfPart<Service[Name], 'result'>

export class Service<Known extends Methods = Untyped> {
  readonly name: string
  private readonly core: Core
  private readonly mailbox: Mailbox
  private readonly graceMs: number
  private readonly schemas: MethodSchemas

  /** Use `client.service`. */
  constructor(core: Core, mailbox: Mailbox, graceMs: number, name: string, options: ServiceOptions) {
    checkName('service', name)
    this.core = core
    this.mailbox = mailbox
    this.graceMs = graceMs
    this.name = name
    this.schemas = options.methods ?? {}
  }

  /**
   * Calls a method, and waits for its result. While no worker is there the request waits in the queue, until its deadline
   * and no longer.
   * @throws RemoteError, with the name, message and code of what the handler threw and the stacks of both sides;
   * CallTimeout; the reason of `signal`; Invalid, where args or result do not fit their schema
   */
  async call<Name extends keyof Known & string>(
    method: Name,
    args: InputOfPart<Known[Name], 'args'>,
    options: CallOptions = {},
  ): Promise<OutputOfPart<Known[Name], 'result'>> {
    checkName('method', method)
    const call = new Call(this.core, this.mailbox, [this.name, method], options, this.call)
    const schemas = this.schemas[method]
    await checkedIf(schemas?.args, args, `arguments of ${this.name}.${method}`)
    const result = await call.run(args)
    return (await checkedIf(schemas?.result, result, `result of ${this.name}.${method}`)) as never
  }

  /**
   * Answers a method. Each request goes to one of all its workers, and to another one if this process ends before it has
   * answered. What the handler throws is thrown to the caller.
   */
  async handle<Name extends keyof Known & string>(
    method: Name,
    handler: MethodHandler<Known, Name>,
    options: HandleOptions = {},
  ): Promise<Stoppable> {
    checkName('method', method)
    const schemas = this.schemas[method]
    const answer = async (args: unknown, context: CallContext): Promise<unknown> => {
      const known = (await checkedIf(schemas?.args, args, `arguments of ${this.name}.${method}`)) as never
      const result: unknown = await handler(known, context)
      await checkedIf(schemas?.result, result, `result of ${this.name}.${method}`)
      return result
    }
    const worker = new Worker(this.core, this.name, method, answer)
    await worker.start(this.mailbox, options)
    return { stop: (graceMs = this.graceMs) => worker.stop(graceMs) }
  }
}

const checkedIf = async (schema: Schema | undefined, data: unknown, what: string): Promise<unknown> =>
  schema === undefined ? data : checked(schema, data, what)
