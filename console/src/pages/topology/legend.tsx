/** What the lines mean; only those that are drawn. */
import type { EdgeKind, Line } from './graph.ts'
import { LINES } from './look.ts'

const PLAIN: ReadonlySet<EdgeKind> = new Set(['publish', 'binding', 'consume'])

export function Legend({ lines }: { lines: readonly Line[] }) {
  const kinds = [...new Set(lines.map(({ kind }) => kind))].filter((kind) => !PLAIN.has(kind))
  return (
    <ul aria-label="Legend" className="flex flex-wrap items-center gap-x-4 gap-y-1 text-[0.857rem] text-ink-2">
      <li className="flex items-center gap-2">
        <svg width="30" height="10" aria-hidden="true">
          <path d="M0,3 L30,1 L30,9 L0,7 z" fill="var(--accent)" opacity="0.6" />
        </svg>
        wider: more a second
      </li>
      {kinds.map((kind) => (
        <li key={kind} className="flex items-center gap-2">
          <svg width="30" height="10" aria-hidden="true">
            <path
              d="M0,5 L30,5"
              stroke={LINES[kind].colour}
              strokeWidth="2.5"
              strokeDasharray={LINES[kind].dashes ?? undefined}
              strokeLinecap={kind === 'alternate' ? 'round' : 'butt'}
            />
          </svg>
          {LINES[kind].title}
        </li>
      ))}
    </ul>
  )
}
