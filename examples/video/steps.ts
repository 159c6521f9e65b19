/**
 * The three steps of the pipeline as plain functions, and the routing keys by which they find each other:
 *
 *   uploaded.VIDEO ─demux→ demuxed.VIDEO.RESOLUTION ─encode→ encoded.VIDEO.RESOLUTION ─package→ packaged.VIDEO
 *
 * A step knows the events it takes and the events it makes, never the other steps. The "videos" are small and the
 * codec is deflate, but the bytes are real: each step works on what the step before it sent.
 */
import { createHash } from 'node:crypto'
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'

export const exchange = 'examples.video'

/** The binding key of what each step takes from the exchange; its queue is named for the step. */
export const takes = { demux: 'uploaded.*', encode: 'demuxed.*.*', package: 'encoded.*.*' }
export type Step = keyof typeof takes
export const queueOf = (step: Step): string => `examples.video.${step}`

/** Resolutions, and which share of the pixels each keeps: every one, every second, every fourth. */
const keeps: Record<string, number> = { '1080p': 1, '720p': 2, '480p': 4 }
export const resolutions = Object.keys(keeps)

/** A camera: 40 kB of pixels, always the same for the same title, in an upload container. */
export function film(title: string): Buffer {
  return gzipSync(createHash('shake256', { outputLength: 40_000 }).update(title).digest())
}

export function demux(upload: Buffer): Buffer {
  return gunzipSync(upload)
}

export function encode(pixels: Buffer, resolution: string): Buffer {
  return deflateSync(scale(pixels, resolution))
}

/** `parts` maps each resolution to its encoded video. */
export function pack(parts: Map<string, Buffer>): Buffer {
  return Buffer.from(JSON.stringify([...parts].map(([resolution, part]) => [resolution, part.toString('base64')])))
}

/** A player: whether a package holds exactly this film in every resolution. */
export function plays(packed: Buffer, title: string): boolean {
  const pixels = demux(film(title))
  const parts = new Map<string, string>(JSON.parse(packed.toString()))
  const isRight = (resolution: string): boolean =>
    inflateSync(Buffer.from(parts.get(resolution) ?? '', 'base64')).equals(scale(pixels, resolution))
  return parts.size === resolutions.length && resolutions.every(isRight)
}

function scale(pixels: Buffer, resolution: string): Buffer {
  return pixels.filter((_, i) => i % keeps[resolution] === 0) as Buffer
}
