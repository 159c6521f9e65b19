// Asks every API that Signalbox serves, each on a connection of its own, and prints which of them were answered.
// usage: node broker/test/kafka/every-api.ts HOST:PORT [NAME:PASSWORD]

import type { Handler } from '../../src/kafka/handler.ts'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { Client } from './client.ts'

const [address, credentials] = process.argv.slice(2)

async function answers({ api }: Handler): Promise<boolean> {
  const client = await Client.connect(address)
  if (credentials !== undefined) {
    await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })
    await client.ask(saslAuthenticate, 2, { authBytes: Buffer.from(`\0${credentials.replace(':', '\0')}`) })
  }
  const answer = await client.ask(api, api.versionMin, api === produce ? { acks: 1 } : {})
  client.close()
  return answer !== null
}

const served = await Promise.all(HANDLERS.map(answers))
console.log(JSON.stringify(HANDLERS.filter((_, at) => served[at]).map(({ api }) => api.name)))
