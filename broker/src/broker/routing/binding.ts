// One binding: messages that come to `source` and match `key` and `args` go on to `destination`.

import { createHash } from 'node:crypto'
import { describeHeaders, type Headers } from './headers.ts'
import type { RouteTarget } from './target.ts'

export class Binding {
  readonly source: string
  readonly destination: RouteTarget
  readonly key: string
  readonly args: Headers
  /** Messages that took it, as far as they were counted (flows.ts). */
  passed = 0

  constructor(source: string, destination: RouteTarget, key: string, args: Headers) {
    this.source = source
    this.destination = destination
    this.key = key
    this.args = args
  }

  /**
   * What the management API calls `properties_key`: the key, then `~` and a hash of the arguments if there are any;
   * `~` alone for an empty key without arguments. Unique among the bindings of one source to one destination.
   */
  get propertiesKey(): string {
    const args = describeHeaders(this.args)
    if (args !== '') return `${percentEncoded(this.key)}~${createHash('md5').update(args).digest('base64url')}`
    return this.key === '' ? '~' : percentEncoded(this.key)
  }
}

/** Identity among the bindings of one destination. No decoder makes a lone surrogate, so none stands in a key. */
export function bindingIdentity(key: string, args: Headers): string {
  const described = describeHeaders(args)
  return described === '' ? key : `${key}\ud800${described}`
}

/** As forms are encoded, but for `~`, which separates here. */
function percentEncoded(key: string): string {
  const hex = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(key.toWellFormed())
    .replace(/[!'()*~]/g, hex)
    .replaceAll('%20', '+')
}
