/** A body: as JSON, as text or as octets, copied or kept as a file; the whole of it when only its beginning was loaded. */
import { Download } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { IconButton } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy.tsx'
import { humanBytes } from '../../parts/format.ts'
import { type Body, bodyOf, decompressed, hexRows } from './body.ts'
import { JsonTree } from './json-tree.tsx'

type Shown = 'json' | 'text' | 'hex'
const TITLES: Readonly<Record<Shown, string>> = { json: 'JSON', text: 'Text', hex: 'Hex' }
const TEXT_CHARACTERS_MAX = 200_000
const HEX_ROWS_MAX = 2000

interface BodyViewProps {
  readonly body: Body
  /** Of the whole body. */
  readonly bytes: number
  readonly truncated: boolean
  readonly contentEncoding: string
  readonly fileName: string
  readonly onLoadAll: () => void
  readonly loading: boolean
}

export function BodyView(props: BodyViewProps) {
  const { bytes, truncated, contentEncoding, fileName, onLoadAll, loading } = props
  const unpacked = useUnpacked(props.body, contentEncoding, truncated)
  const body = unpacked ?? props.body
  const [wanted, setWanted] = useState<Shown | null>(null)
  const views = viewsOf(body)
  const view = wanted !== null && views.includes(wanted) ? wanted : views[0]
  return (
    <div className="overflow-hidden rounded-md border border-line bg-sunken">
      <div className="flex flex-wrap items-center gap-1 border-b border-line px-2 py-1">
        {views.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === view}
            onClick={() => setWanted(one)}
            className="rounded-sm px-2 py-0.5 text-[0.929rem] font-medium text-ink-3 hover:text-ink aria-pressed:bg-raised aria-pressed:text-ink"
          >
            {TITLES[one]}
          </button>
        ))}
        <span className="ml-auto text-[0.929rem] text-ink-3">
          {humanBytes(bytes)}
          {unpacked !== null && `, ${contentEncoding} of ${humanBytes(unpacked.bytes.length)}`}
        </span>
        {body.text !== null && <CopyButton text={body.text} label="Copy the body" />}
        <IconButton label="Download the body" className="size-7!" onClick={() => download(props.body.bytes, fileName)}>
          <Download size={15} />
        </IconButton>
      </div>
      {body.kind === 'empty' ? <p className="p-3 text-ink-3">no body</p> : <Content body={body} view={view} />}
      {truncated && (
        <p className="flex flex-wrap items-center gap-2 border-t border-line px-3 py-2 text-ink-2">
          The first {humanBytes(props.body.bytes.length)} of {humanBytes(bytes)}.
          <button type="button" className="link font-medium" disabled={loading} onClick={onLoadAll}>
            {loading ? 'Loading…' : 'Load all'}
          </button>
        </p>
      )}
    </div>
  )
}

function viewsOf({ kind, text }: Body): Shown[] {
  if (kind === 'json') return ['json', 'text', 'hex']
  return text === null ? ['hex'] : ['text', 'hex']
}

function Content({ body, view }: { body: Body; view: Shown }) {
  if (view === 'json') return <JsonTree value={body.json} />
  if (view === 'text') {
    const text = body.text ?? ''
    return (
      <pre className="max-h-[28rem] overflow-auto p-3 break-words whitespace-pre-wrap">
        {text.slice(0, TEXT_CHARACTERS_MAX)}
        {text.length > TEXT_CHARACTERS_MAX && '\n… download it to see the rest'}
      </pre>
    )
  }
  return <HexView bytes={body.bytes} />
}

function HexView({ bytes }: { bytes: Uint8Array }) {
  const width = matchMedia('(max-width: 640px)').matches ? 8 : 16
  const rows = useMemo(() => hexRows(bytes, width, HEX_ROWS_MAX), [bytes, width])
  return (
    <pre className="max-h-[28rem] overflow-auto p-3 text-[0.857rem]">
      {rows.map(({ position, hex, text }) => (
        <div key={position}>
          <span className="text-ink-3">{position}</span>
          {'  '}
          {hex}
          {'  '}
          <span className="text-accent">{text}</span>
        </div>
      ))}
      {rows.length * width < bytes.length && <div className="text-ink-3">… download it to see the rest</div>}
    </pre>
  )
}

/** What a compressed body holds; null when it is not compressed, or only its beginning is here. */
function useUnpacked(body: Body, contentEncoding: string, truncated: boolean): Body | null {
  const [unpacked, setUnpacked] = useState<Body | null>(null)
  useEffect(() => {
    let isCurrent = true
    setUnpacked(null)
    if (!truncated && contentEncoding !== '') {
      void decompressed(body.bytes, contentEncoding).then((bytes) => {
        if (isCurrent && bytes !== null) setUnpacked(bodyOf(bytes))
      })
    }
    return () => {
      isCurrent = false
    }
  }, [body, contentEncoding, truncated])
  return unpacked
}

function download(bytes: Uint8Array, fileName: string): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
