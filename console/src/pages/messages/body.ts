/** What a body is, and how it is shown: JSON that can be folded, text as it is, or its octets. */

export type BodyKind = 'json' | 'text' | 'binary' | 'empty'
export interface Body {
  readonly kind: BodyKind
  readonly bytes: Uint8Array
  /** Null for what is no text. */
  readonly text: string | null
  /** Undefined for what is no JSON. */
  readonly json?: unknown
}

/** A body beyond this is never parsed as JSON: folding half a million lines helps nobody. */
const JSON_CHARACTERS_MAX = 2_000_000

export function bytesOf(payload: string, encoding: 'string' | 'base64'): Uint8Array {
  if (encoding === 'string') return new TextEncoder().encode(payload)
  const text = atob(payload)
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** `contentType` only decides for numbers, strings and the like, which most bodies of JSON are not meant to be. */
export function bodyOf(bytes: Uint8Array, contentType = ''): Body {
  if (bytes.length === 0) return { kind: 'empty', bytes, text: '' }
  const text = textOf(bytes)
  if (text === null) return { kind: 'binary', bytes, text }
  if ((/^\s*[[{]/.test(text) || /\bjson\b/.test(contentType)) && text.length <= JSON_CHARACTERS_MAX) {
    try {
      return { kind: 'json', bytes, text, json: JSON.parse(text) as unknown }
    } catch {
      // Cut off, or only looks like it: it is text.
    }
  }
  return { kind: 'text', bytes, text }
}

/** UTF-8 without control characters; a character that was cut in two at the end is left out. */
function textOf(bytes: Uint8Array): string | null {
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut++) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - cut))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells octets from text
      return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? null : text
    } catch {
      // Tried again without the last octet.
    }
  }
  return null
}

/** One line of a body for a row of the list. */
export function preview({ kind, text, bytes }: Body, length = 160): string {
  if (kind === 'empty') return ''
  if (text === null) return hexOf(bytes.subarray(0, 24))
  return text
    .slice(0, length * 2)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, length)
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')

export interface HexRow {
  readonly position: string
  readonly hex: string
  readonly text: string
}

/** Rows of sixteen octets (eight on a phone). */
export function hexRows(bytes: Uint8Array, width: number, rowsMax: number): HexRow[] {
  const rows: HexRow[] = []
  for (let at = 0; at < bytes.length && rows.length < rowsMax; at += width) {
    const row = bytes.subarray(at, at + width)
    rows.push({
      position: at.toString(16).padStart(6, '0'),
      hex: hexOf(row).padEnd(width * 3 - 1),
      text: Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join(''),
    })
  }
  return rows
}

/** The decompressed body; null when it is not compressed in a way that browsers know. */
export async function decompressed(bytes: Uint8Array, contentEncoding: string): Promise<Uint8Array | null> {
  const format = contentEncoding === 'gzip' ? 'gzip' : contentEncoding === 'deflate' ? 'deflate' : null
  if (format === null) return null
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(format))
    return new Uint8Array(await new Response(stream).arrayBuffer())
  } catch {
    return null
  }
}
