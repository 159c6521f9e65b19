/** A line as small as a word: how a number went lately. Says nothing that is not said beside it. */
export function Sparkline({
  values,
  width = 72,
  height = 22,
}: {
  values: readonly number[]
  width?: number
  height?: number
}) {
  const max = Math.max(...values, 1e-9)
  const min = Math.min(...values, 0)
  const x = (i: number): number => (i / Math.max(1, values.length - 1)) * (width - 2) + 1
  const y = (value: number): number => height - 2 - ((value - min) / (max - min)) * (height - 4)
  const line = values.map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('')
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      preserveAspectRatio="none"
      className="min-w-0 shrink text-accent"
    >
      <path d={`${line}L${width - 1} ${height - 1}L1 ${height - 1}Z`} fill="currentColor" opacity="0.12" />
      <path
        d={line}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
