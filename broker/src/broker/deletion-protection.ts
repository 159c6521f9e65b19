/** Vhosts that are not to be deleted by mistake: whoever means it takes the protection away first. */
import type { Catalog } from './catalog.ts'

const KIND = 'vhost-protection'

export function isProtected(catalog: Catalog, vhost: string): boolean {
  return catalog.has(KIND, [vhost])
}

/** Takes effect for the next deletion. */
export function setProtected(catalog: Catalog, vhost: string, protect: boolean): void {
  if (protect) catalog.put(KIND, [vhost], true)
  else catalog.remove(KIND, [vhost])
}
