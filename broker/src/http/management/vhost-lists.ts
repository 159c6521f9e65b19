/** What lists of things in vhosts have in common: whose they are, and when they are others. */
import type { Vhost } from '../../broker/vhost.ts'

/** Those who see the same vhosts see the same. */
export function scopeOf(vhosts: readonly Vhost[], ...more: readonly string[]): string {
  return JSON.stringify([...vhosts.map(({ name }) => name), more])
}

/** Moves with everything that comes and goes in there. */
export function versionOf(vhosts: readonly Vhost[]): string {
  return vhosts.map(({ version }) => version).join(' ')
}
