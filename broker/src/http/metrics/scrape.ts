/**
 * The answers, put together. Whoever asks for what is being written already gets the same answer, so that many who ask
 * cost what one costs.
 */
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import {
  nodeFacts,
  writeChurn,
  writeGlobals,
  writeIdentity,
  writeLog,
  writeNode,
  writeObjects,
} from './broker-metrics.ts'
import { channelKind, connectionKind } from './connection-kinds.ts'
import { Exposition } from './exposition.ts'
import { committedKind, groupKind, partitionKind, subscribedKind, topicKind } from './kafka-kinds.ts'
import { type Kind, writeEach, writeSums } from './kinds.ts'
import { processMetrics } from './process-metrics.ts'
import { queueKind } from './queue-kind.ts'
import { exchangeKind, vhostKind } from './topology-kinds.ts'

/** Added up in `/metrics`. */
const SUMMED = [queueKind, channelKind, connectionKind] as const
/** By object wherever they are told: their tools know nothing else. */
const KAFKA = [topicKind, partitionKind, groupKind, subscribedKind, committedKind] as const
const BY_OBJECT = [...SUMMED, exchangeKind, vhostKind, ...KAFKA] as const

export class Scrapes {
  private readonly http: HttpContext
  private readonly underWay = new Map<string, Promise<Exposition>>()

  constructor(http: HttpContext) {
    this.http = http
  }

  /** Sums over all objects; topics and groups each by itself. */
  aggregated(): Promise<Exposition> {
    return this.shared('aggregated', async (out) => {
      const { broker } = this.http
      for (const kind of SUMMED) {
        await writeSums(kind as Kind<unknown>, kind.all(broker, broker.vhosts.values()), broker, out)
      }
      await this.whole(out)
      for (const kind of KAFKA) await this.each(kind, null, null, asIs, out)
    })
  }

  perObject(): Promise<Exposition> {
    return this.shared('per-object', async (out) => {
      for (const kind of BY_OBJECT) await this.each(kind, null, null, asIs, out)
      await this.whole(out)
    })
  }

  /** Only the families asked for, of the vhosts asked for; null: of all. */
  detailed(families: ReadonlySet<string>, vhosts: ReadonlySet<string> | null): Promise<Exposition> {
    const key = JSON.stringify([[...families].sort(), vhosts === null ? null : [...vhosts].sort()])
    return this.shared(key, async (out) => {
      const { http } = this
      for (const kind of BY_OBJECT) await this.each(kind, families, vhosts, detailedName, out)
      if (families.has('connection_churn_metrics')) writeChurn(http.broker, detailedName, out)
      if (families.has('node_metrics') || families.has('node_coarse_metrics')) {
        writeNode(http, await nodeFacts(http), detailedName, out)
      }
      writeIdentity(http, out)
    })
  }

  /** What is one number for the whole broker. */
  private async whole(out: Exposition): Promise<void> {
    const { http } = this
    writeObjects(http, out)
    await writeGlobals(http, out)
    writeNode(http, await nodeFacts(http), asIs, out)
    writeLog(http, out)
    writeIdentity(http, out)
    out.append(await processMetrics())
  }

  private async each(
    kind: (typeof BY_OBJECT)[number],
    families: ReadonlySet<string> | null,
    wanted: ReadonlySet<string> | null,
    rename: (name: string) => string,
    out: Exposition,
  ): Promise<void> {
    const { broker } = this.http
    const vhosts: Vhost[] = [...broker.vhosts.values()].filter(({ name }) => wanted?.has(name) ?? true)
    await writeEach(kind as Kind<unknown>, kind.all(broker, vhosts), families, rename, out)
  }

  private shared(key: string, write: (out: Exposition) => Promise<void>): Promise<Exposition> {
    let scrape = this.underWay.get(key)
    if (scrape === undefined) {
      const out = new Exposition()
      scrape = write(out)
        .then(() => {
          out.end()
          return out
        })
        .finally(() => this.underWay.delete(key))
      this.underWay.set(key, scrape)
    }
    return scrape
  }
}

const asIs = (name: string): string => name

/** So that the answer can stand beside that of `/metrics` in one Prometheus. */
function detailedName(name: string): string {
  return name.replace(/^rabbitmq_(?!cluster_)/, 'rabbitmq_detailed_')
}
