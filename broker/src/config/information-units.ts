/** RabbitMQ's information units, in which a bare letter means the binary unit. */
const BYTES_IN: Record<string, number> = {
  '': 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
}

/** `64MiB`, `50MB`, `1048576`. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const unit = match && BYTES_IN[match[2]!.toLowerCase()]
  return unit ? Math.floor(Number(match[1]) * unit) : undefined
}
