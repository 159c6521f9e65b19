/** Message bodies: JSON laid out, text as it is, bytes as a hex dump. */
import { useMemo, useState } from 'react'
import { CopyButton } from './copy.tsx'
import { humanBytes } from './format.ts'

const SHOWN_BYTES = 16_384

type View = 'json' | 'text' | 'hex'

function bytesOf(payload: string, encoding: 'string' | 'base64'): Uint8Array {
  if (encoding === 'string') return new TextEncoder().encode(payload)
  return Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0))
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function jsonOf(text: string | null): unknown {
  if (text === null || !/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, SHOWN_BYTES); at += 16) {
    const row = bytes.subarray(at, at + 16)
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${letters}`)
  }
  return lines.join('\n')
}

interface BodyViewProps {
  readonly payload: string
  readonly encoding?: 'string' | 'base64'
  /** Of the whole body, if only its beginning is here. */
  readonly bytes?: number
  readonly truncated?: boolean
}

export function BodyView({ payload, encoding = 'string', bytes, truncated = false }: BodyViewProps) {
  const raw = useMemo(() => bytesOf(payload, encoding), [payload, encoding])
  const text = useMemo(() => textOf(raw), [raw])
  const json = useMemo(() => jsonOf(text), [text])
  const [chosen, setChosen] = useState<View | null>(null)
  const views: View[] = [
    ...(json === undefined ? [] : ['json' as const]),
    ...(text === null ? [] : ['text' as const]),
    'hex',
  ]
  const view = chosen !== null && views.includes(chosen) ? chosen : views[0]
  const titles: Readonly<Record<View, string>> = { json: 'JSON', text: 'Text', hex: 'Hex' }
  return (
    <div className="overflow-hidden rounded-md border border-line bg-sunken">
      <div className="flex items-center gap-1 border-b border-line px-2 py-1">
        {views.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === view}
            onClick={() => setChosen(one)}
            className="rounded-sm px-2 py-0.5 text-[0.929rem] font-medium text-ink-3 hover:text-ink aria-pressed:bg-raised aria-pressed:text-ink"
          >
            {titles[one]}
          </button>
        ))}
        <span className="ml-auto text-[0.929rem] text-ink-3">
          {humanBytes(bytes ?? raw.length)}
          {truncated && ', beginning only'}
        </span>
        {text !== null && <CopyButton text={text} label="Copy body" />}
      </div>
      {raw.length === 0 ? (
        <p className="p-3 text-ink-3">empty</p>
      ) : view === 'json' ? (
        <JsonView value={json} />
      ) : (
        <pre className={`max-h-96 overflow-auto p-3 ${view === 'text' ? 'break-words whitespace-pre-wrap' : ''}`}>
          {view === 'text' ? text : hexDump(raw)}
        </pre>
      )}
    </div>
  )
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** JSON with its parts told apart. */
export function JsonView({ value }: { value: unknown }) {
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? '', [value])
  const parts = useMemo(() => {
    const found: { text: string; className: string }[] = []
    let end = 0
    for (const match of text.matchAll(TOKEN)) {
      if (match.index > end) found.push({ text: text.slice(end, match.index), className: 'text-ink-3' })
      const [all, quoted, colon] = match
      const name = quoted !== undefined && colon !== undefined
      found.push({ text: all, className: name ? 'text-ink' : quoted !== undefined ? 'text-accent' : 'text-warn' })
      end = match.index + all.length
    }
    found.push({ text: text.slice(end), className: 'text-ink-3' })
    return found
  }, [text])
  return (
    <pre className="max-h-96 overflow-auto p-3 break-words whitespace-pre-wrap">
      {parts.map(({ text, className }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: tokens are told apart by their place
        <span key={i} className={className}>
          {text}
        </span>
      ))}
    </pre>
  )
}
