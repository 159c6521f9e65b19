/** What lists of things in vhosts have in common: whose they are, and when they are others. */
import type { Vhost } from '../../broker/vhost.ts'

/** Those who see the same vhosts see the same. */
export function scopeOf(vhosts: readonly Vhost[], ...more: readonly string[]): string {
  return JSON.stringify([...vhosts.map(({ name }) => name), more])
}

/** Moves with everything that comes and goes in there. */
export function versionOf(vhosts: readonly Vhost[]): string {
  return vhosts.map((vhost) => `${numberOf(vhost)}.${vhost.version}`).join(' ')
}

const numbers = new WeakMap<Vhost, number>()
let last = 0

/** Another one that is made under the name of a deleted one has another number. */
function numberOf(vhost: Vhost): number {
  let number = numbers.get(vhost)
  if (number === undefined) numbers.set(vhost, (number = ++last))
  return number
}
