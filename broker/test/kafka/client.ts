/** A Kafka client on a real socket: one request at a time. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Api, DecodedResponse, RequestInput } from '../../src/wire/kafka/schema.ts'
import { AnswerReader, decodeAnswer, encodeRequest } from './requests.ts'

export class Client {
  readonly socket: Socket
  private readonly reader = new AnswerReader()
  private readonly answers: Buffer[] = []
  private correlationId = 0
  private wake: () => void = () => {}
  private isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.answers.push(...this.reader.take(bytes))
      this.wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.wake()
    })
  }

  static async connect(address: string): Promise<Client> {
    const socket = connect(portOf(address), hostOf(address))
    await once(socket, 'connect')
    return new Client(socket)
  }

  /** Without a word on what the server is called. @throws what TLS objects to */
  static async connectTls(address: string, options: ConnectionOptions): Promise<Client> {
    const where = { host: hostOf(address), port: portOf(address), checkServerIdentity: () => undefined }
    const socket = connectTls({ ...options, ...where })
    await once(socket, 'secureConnect')
    return new Client(socket)
  }

  /** @returns null if the connection ends instead */
  async ask<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<DecodedResponse<A> | null> {
    this.socket.write(encodeRequest(api, version, ++this.correlationId, request))
    while (this.answers.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    const bytes = this.answers.shift()
    return bytes === undefined ? null : decodeAnswer(api, version, bytes).response
  }

  close(): void {
    this.socket.destroy()
  }
}

export const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/[[\]]/g, '')
export const portOf = (address: string): number => Number(/\d+$/.exec(address)![0])
