/** What a node says of itself beside its rate: the one number for the drawing, and all of them for the panel. */
import { humanBytes, humanNumber, humanRate, plural } from '../../parts/format.ts'
import type { GraphNode } from './graph.ts'

export interface Fact {
  readonly text: string
  readonly isWarning: boolean
}

const count = (node: GraphNode, name: string): number | null => {
  const value = node[name]
  return typeof value === 'number' ? value : null
}

export function factOf(node: GraphNode): Fact | null {
  const calm = (text: string): Fact => ({ text, isWarning: false })
  const warning = (text: string): Fact => ({ text, isWarning: true })
  switch (node.kind) {
    case 'queue':
    case 'stream': {
      const messages = count(node, 'messages') ?? count(node, 'messages_ready')
      if (messages === null) return null
      const isStuck = node.kind === 'queue' && messages > 0 && count(node, 'consumers') === 0
      return isStuck
        ? warning(`${humanNumber(messages)}, no consumer`)
        : calm(messages === 0 ? 'empty' : `${humanNumber(messages)} waiting`)
    }
    case 'group': {
      const lag = count(node, 'lag')
      return lag === null ? null : lag > 0 ? warning(`lag ${humanNumber(lag)}`) : calm('no lag')
    }
    case 'topic': {
      const partitions = count(node, 'partitions')
      return partitions === null ? null : calm(plural(partitions, 'partition'))
    }
    case 'exchange':
      return typeof node.type === 'string' ? calm(node.type) : null
    case 'publisher':
    case 'consumer': {
      const connections = count(node, 'connections') ?? 1
      if (connections > 1) return calm(plural(connections, 'connection'))
      return typeof node.user === 'string' ? calm(node.user) : null
    }
  }
}

const KNOWN = new Set(['id', 'kind', 'name', 'rate', 'vhost'])

/** Everything else that the broker says of it, in words. */
export function allFacts(node: GraphNode): (readonly [string, string])[] {
  return Object.entries(node).flatMap(([name, value]) => {
    if (KNOWN.has(name)) return []
    const text = textOf(name, value)
    return text === null ? [] : [[sentence(name), text] as const]
  })
}

function textOf(name: string, value: unknown): string | null {
  if (name.endsWith('_rate') || name.startsWith('rate_')) return typeof value === 'number' ? humanRate(value) : null
  if (typeof value === 'number') return name.endsWith('bytes') ? humanBytes(value) : humanNumber(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' && value !== '' ? value : null
}

function sentence(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
