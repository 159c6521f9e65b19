/** A value that is kept in the browser, shared by all who use it under that name. */
import { useSyncExternalStore } from 'react'

const PREFIX = 'signalbox.'
const listeners = new Set<() => void>()
const known = new Map<string, unknown>()

export function readStored<T>(name: string, otherwise: T): T {
  if (known.has(name)) return known.get(name) as T
  let value: T = otherwise
  try {
    const text = localStorage.getItem(PREFIX + name)
    if (text !== null) value = JSON.parse(text) as T
  } catch {
    // A browser that keeps nothing, or something that is not ours.
  }
  known.set(name, value)
  return value
}

export function writeStored(name: string, value: unknown): void {
  known.set(name, value)
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // Then it lasts as long as the page.
  }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useStored<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribe, () => readStored(name, otherwise))
  return [value, (next) => writeStored(name, next)]
}
