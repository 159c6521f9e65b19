/** Whether pages ask again by themselves. Paused, they keep what they show. */
import { useSyncExternalStore } from 'react'

let live = true
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function setLive(value: boolean): void {
  live = value
  for (const listener of listeners) listener()
}

export function useLive(): { readonly live: boolean } {
  return { live: useSyncExternalStore(subscribe, () => live) }
}
