/**
 * One Kafka connection's protocol state: requests in, answers out, no socket. As in Kafka, a request begins when the one
 * before it has been answered, so a long poll holds up what comes behind it; but records of the next Produce are appended
 * while the last one still waits for the disk. Answers leave in the order of the requests.
 */
import type { Timer } from '../base/clock.ts'
import type { Asker } from '../broker/access/authorizer.ts'
import { StreamRefusal } from '../broker/stream-refusal.ts'
import type { Vhost } from '../broker/vhost.ts'
import { PauseReason, type Session, type Transport } from '../net/connection.ts'
import { MalformedMessage } from '../wire/kafka/malformed-message.ts'
import { Reader } from '../wire/kafka/reader.ts'
import { refuseVersion } from './api-versions.ts'
import { PendingCall } from './call.ts'
import { KafkaConnection } from './client-connection.ts'
import type { KafkaContext } from './context.ts'
import { errorCode } from './error-codes.ts'
import type { Advertised, Handler } from './handler.ts'
import { Login } from './login.ts'
import { Pacing } from './pacing.ts'
import { type Admitted, admission, plainAddress } from './principal.ts'
import { API_VERSIONS, type RequestHeader, readHeader, writeAnswer } from './request-header.ts'
import { RequestReader, type RequestTaker } from './request-reader.ts'

export interface KafkaListener {
  readonly name: string
  /** Null: the address that the client itself connected to. */
  readonly advertised: Advertised | null
  /** Whoever comes must log in. */
  readonly sasl: boolean
}

/** Before the login a request cannot be larger (Kafka's sasl.server.max.receive.size). */
const LOGIN_REQUEST_BYTES_MAX = 512 * 1024
/** Beyond this much collected or unsent output no further request begins. */
const OUTPUT_MAX = 1024 * 1024
/** Of requests that have arrived and not begun: beyond, the peer is not read. */
const WAITING_BYTES_MAX = 1024 * 1024
const WAITING_MAX = 256
/** Of requests that have begun and are not answered. */
const OPEN_BYTES_MAX = 64 * 1024 * 1024
const OPEN_MAX = 4096

export class KafkaSession implements Session, RequestTaker {
  readonly context: KafkaContext
  readonly transport: Transport
  readonly listener: KafkaListener
  readonly login: Login | null
  readonly pacing: Pacing
  /** The peer's address. */
  readonly host: string
  readonly advertised: Advertised
  state: 'login' | 'open' | 'closed' = 'login'
  /** The principal, and from where; one object for as long as it holds. */
  asker: Asker | null = null
  vhost: Vhost | null = null
  /** As its client called itself last. */
  clientId = ''
  softwareName = ''
  softwareVersion = ''
  mechanism = ''
  /** ms since the epoch, read once per chunk. */
  now = 0

  connection: KafkaConnection | null = null
  private readonly reader: RequestReader
  private readonly waiting: Uint8Array[] = []
  private waitingBytes = 0
  /** Begun, in order; the first is the next to be answered. */
  private readonly calls: PendingCall[] = []
  private openBytes = 0
  private beginning = false
  private idleTimer: Timer | null = null

  constructor(context: KafkaContext, transport: Transport, listener: KafkaListener) {
    const { broker } = context
    const { peer } = transport
    this.context = context
    this.transport = transport
    this.listener = listener
    this.host = plainAddress(peer.address)
    this.advertised = listener.advertised ?? { host: plainAddress(peer.localAddress), port: peer.localPort }
    this.now = broker.clock.now()
    this.reader = new RequestReader(this, LOGIN_REQUEST_BYTES_MAX)
    this.pacing = new Pacing(broker, transport)
    broker.counters.connectionsOpened++
    context.sessions.add(this)
    this.watchIdleness(context.kafka.connectionsMaxIdleMs)
    this.login = listener.sasl ? new Login(this) : null
    if (this.login === null) this.enterWithoutLogin()
  }

  /** Both ends. */
  get name(): string {
    const { address, port, localAddress, localPort } = this.transport.peer
    return `${address}:${port} -> ${localAddress}:${localPort}`
  }

  // Who it is

  private enterWithoutLogin(): void {
    const { peer } = this.transport
    const { anonymous } = this.context.kafka
    const commonName = peer.tls?.commonName ?? null
    if (commonName === null && anonymous === null && !peer.loopback) {
      this.close('without a login, only clients of this machine are served (see kafka.anonymous)')
      return
    }
    const name = commonName ?? anonymous ?? 'guest'
    const admitted = admission(this, name, commonName !== null || anonymous === null)
    if (typeof admitted === 'string') this.close(admitted)
    else this.enter(admitted, commonName === null ? 'ANONYMOUS' : 'EXTERNAL')
  }

  /** The principal is known, and may be here. */
  enter({ user, vhost }: Admitted, mechanism: string): void {
    const { broker, kafka } = this.context
    this.asker = { user, vhost: vhost.name, host: this.host }
    this.vhost = vhost
    this.mechanism = mechanism
    this.state = 'open'
    this.reader.requestBytesMax = kafka.socketRequestMaxBytes
    this.connection = new KafkaConnection(this, user, vhost.name)
    broker.connections.add(this.connection)
    broker.events.emit('connection.created', this.connection)
  }

  // Bytes in

  receive(chunk: Uint8Array): void {
    const { clock, events } = this.context.broker
    this.now = clock.now()
    events.actor = this.asker?.user ?? null
    this.reader.read(chunk)
    this.beginWaiting()
    events.actor = null
  }

  request(bytes: Uint8Array): void {
    this.waiting.push(bytes)
    this.waitingBytes += bytes.length
  }

  broken(reason: string): void {
    this.beginWaiting()
    this.close(reason)
  }

  /** Begins what may begin. Handlers that answer at once lead back here, hence the guard. */
  private beginWaiting(): void {
    if (this.beginning) return
    this.beginning = true
    let begun = 0
    const { waiting } = this
    while (begun < waiting.length && this.state !== 'closed' && this.mayBegin(waiting[begun])) {
      const bytes = waiting[begun++]
      this.waitingBytes -= bytes.length
      this.begin(bytes)
    }
    if (begun > 0) waiting.splice(0, begun)
    this.beginning = false
    if (this.waitingBytes > WAITING_BYTES_MAX || waiting.length > WAITING_MAX) this.transport.pause(PauseReason.answer)
    else this.transport.resume(PauseReason.answer)
  }

  private mayBegin(bytes: Uint8Array): boolean {
    const { calls, transport } = this
    if (transport.output.pending + transport.unsent > OUTPUT_MAX) return false
    if (calls.length === 0) return true
    if (calls.length >= OPEN_MAX || this.openBytes >= OPEN_BYTES_MAX) return false
    // All that is open is of one kind, for nothing else begins beside it.
    const isProduce = bytes.length >= 2 && bytes[0] === 0 && bytes[1] === 0
    return isProduce && calls[0].overlaps
  }

  private begin(bytes: Uint8Array): void {
    if (this.login?.takesRawTokens) {
      this.login.rawToken(bytes)
      return
    }
    try {
      const reader = new Reader(bytes)
      const header = readHeader(reader)
      const handler = this.context.handlers.get(header.key)
      const objection = this.login?.objection(header.key, handler?.api.name ?? `${header.key}`) ?? null
      if (objection !== null) this.close(objection)
      else if (handler === undefined) this.close(`API key ${header.key} is not supported`)
      else if (this.isSpoken(handler, header)) this.dispatch(handler, header, reader)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.close(`malformed request: ${error.message}`)
    }
  }

  private isSpoken({ api }: Handler, { key, version, correlationId }: RequestHeader): boolean {
    if (version >= api.versionMin && version <= api.versionMax) return true
    if (key === API_VERSIONS) {
      // KIP-511: in version 0, which everybody reads, and with the versions to try next.
      writeAnswer(this.transport.output, api, 0, correlationId, refuseVersion(api))
      this.transport.flushSoon()
    } else {
      this.close(`${api.name} version ${version} is not supported, ${api.versionMin} to ${api.versionMax} are`)
    }
    return false
  }

  /** @throws MalformedMessage */
  private dispatch(handler: Handler, header: RequestHeader, reader: Reader): void {
    const { api } = handler
    if (header.version >= api.flexibleFrom) reader.skipTaggedFields()
    // As in Kafka, bytes behind the last field are not looked at.
    const request = api.request.read(reader, header.version)
    if (header.clientId !== null) this.clientId = header.clientId
    const call = new PendingCall(this, api, header, reader.end)
    if (call.overlaps) this.pacing.publishing()
    this.calls.push(call)
    this.openBytes += call.bytes
    try {
      handler.handle(request as never, call as never)
    } catch (error) {
      this.failed(call, error)
    }
  }

  /** What a handler threw: told to the client where the answer has a place for it. */
  private failed(call: PendingCall, error: unknown): void {
    const refusal = error instanceof StreamRefusal ? error : null
    if (refusal === null) this.bug(error)
    if (call.state !== 'open') return
    if (!('errorCode' in call.api.response.fields)) {
      this.close(`${call.api.name} failed: ${(error as Error).message}`)
      return
    }
    call.respond({
      errorCode: errorCode(refusal?.code ?? 'unknown-server-error'),
      errorMessage: refusal?.message ?? null,
    })
  }

  private bug(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.context.broker.logger.error({ error: text }, 'a bug in the broker')
  }

  // Answers out

  /** A call has its answer: whatever is first in order leaves. */
  answered(): void {
    const { calls, transport } = this
    if (this.state === 'closed') return
    let done = 0
    try {
      for (; done < calls.length && calls[done].state !== 'open'; done++) {
        const call = calls[done]
        this.openBytes -= call.bytes
        if (call.state === 'silent') continue
        writeAnswer(transport.output, call.api, call.version, call.correlationId, call.response)
        transport.output.borrowed(call.loans)
        transport.flushSoon()
      }
    } catch (error) {
      this.bug(error)
      this.close('an answer could not be written')
      return
    }
    if (done === 0) return
    calls.splice(0, done)
    if (this.waiting.length > 0) this.beginWaiting()
  }

  /** Bytes outside of any call: tokens of a login. */
  send(bytes: Uint8Array): void {
    this.transport.output.append(bytes)
    this.transport.flushSoon()
  }

  writable(): void {
    if (this.waiting.length > 0) this.beginWaiting()
  }

  // The end

  private watchIdleness(afterMs: number): void {
    const { clock } = this.context.broker
    this.idleTimer = clock.setTimer(afterMs, () => {
      const idleMs = clock.now() - this.now
      const { connectionsMaxIdleMs } = this.context.kafka
      if (this.calls.length > 0) this.watchIdleness(connectionsMaxIdleMs)
      else if (idleMs < connectionsMaxIdleMs) this.watchIdleness(connectionsMaxIdleMs - Math.max(0, idleMs))
      else this.close(`idle for ${connectionsMaxIdleMs} ms`)
    })
  }

  /** Ends the connection after what is collected has been written. */
  close(reason: string): void {
    if (this.state === 'closed') return
    const { address, port } = this.transport.peer
    this.context.broker.logger.info({ peer: address, port, listener: this.listener.name, reason }, 'closing connection')
    this.finish()
    this.transport.end()
  }

  closed(): void {
    this.finish()
    if (this.context.sessions.delete(this)) this.context.broker.counters.connectionsClosed++
  }

  private finish(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    const { broker } = this.context
    this.reader.end()
    this.waiting.length = 0
    if (this.idleTimer !== null) broker.clock.clearTimer(this.idleTimer)
    this.pacing.end()
    this.login?.end()
    for (const call of this.calls.splice(0)) call.abandon()
    if (this.connection !== null && broker.connections.delete(this.connection)) {
      broker.events.emit('connection.closed', this.connection)
    }
  }
}
