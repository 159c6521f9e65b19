/** Short words on what was just done, or why it was not. */
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { Toast } from 'radix-ui'
import { useSyncExternalStore } from 'react'

interface Item {
  readonly id: number
  readonly text: string
  readonly failed: boolean
}

let items: readonly Item[] = []
let nextId = 1
const listeners = new Set<() => void>()

function change(next: readonly Item[]): void {
  items = next
  for (const listener of listeners) listener()
}

const say = (text: string, failed: boolean): void => change([...items, { id: nextId++, text, failed }].slice(-4))

export const toast = {
  done: (text: string): void => say(text, false),
  failed: (text: string): void => say(text, true),
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => items)
  return (
    <Toast.Provider swipeDirection="right" duration={5000}>
      {shown.map(({ id, text, failed }) => (
        <Toast.Root
          key={id}
          duration={failed ? 12_000 : 4000}
          onOpenChange={(open) => !open && change(items.filter((item) => item.id !== id))}
          className={`flex items-start gap-2.5 rounded-lg border bg-raised p-3 shadow-pop ${failed ? 'border-danger' : 'border-line-strong'}`}
        >
          {failed ? (
            <CircleAlert size={18} className="mt-0.5 shrink-0 text-danger" aria-hidden="true" />
          ) : (
            <CircleCheck size={18} className="mt-0.5 shrink-0 text-accent" aria-hidden="true" />
          )}
          <Toast.Description className="min-w-0 flex-1 break-words">{text}</Toast.Description>
          <Toast.Close aria-label="Dismiss" className="rounded-sm text-ink-3 hover:text-ink">
            <X size={16} aria-hidden="true" />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed right-4 bottom-20 z-70 flex w-[min(26rem,calc(100vw-2rem))] flex-col gap-2 md:bottom-4" />
    </Toast.Provider>
  )
}
