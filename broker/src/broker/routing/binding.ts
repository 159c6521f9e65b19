// One binding: messages that come to `source` and match `key` and `args` go on to `destination`.

import { createHash } from 'node:crypto'
import { describeHeaders, type Headers } from './headers.ts'
import type { RouteTarget } from './target.ts'

export class Binding {
  readonly source: string
  readonly destination: RouteTarget
  readonly key: string
  readonly args: Headers

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

/** Identity among the bindings of one destination. Keys are bytes, so a character above U+00FF never stands in one. */
export function bindingIdentity(key: string, args: Headers): string {
  const described = describeHeaders(args)
  return described === '' ? key : `${key}\u0100${described}`
}

function percentEncoded(key: string): string {
  return key.replace(/[^A-Za-z0-9._-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
