/**
 * Numbers over time. Drawn by uPlot, which is loaded with the first chart. The legend below the chart names each line,
 * gives its value where the pointer is, else the last, and can be read without seeing the picture.
 */
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import type uPlot from 'uplot'
import { useTheme } from '../shell/theme.ts'
import { EmptyState } from './states.tsx'

export interface ChartSeries {
  readonly label: string
  /** Oldest first; timestamps in ms since 1970. */
  readonly points: readonly { readonly timestamp: number; readonly value: number }[]
  /** 1 to 6, of the theme's palette; by place unless said. */
  readonly color?: number
  /** Fills the area below. */
  readonly area?: boolean
}

interface TimeChartProps {
  /** What is shown, for those who do not see it. */
  readonly title: string
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
  readonly height?: number
}

/** All series over one time axis; null where one has no value. */
export function aligned(series: readonly ChartSeries[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ timestamp }) => timestamp)))].sort(
    (a, b) => a - b,
  )
  const columns = series.map(({ points }) => {
    const known = new Map(points.map(({ timestamp, value }) => [timestamp, value]))
    return times.map((time) => known.get(time) ?? null)
  })
  return [times.map((time) => time / 1000), ...columns]
}

/** The colour behind a custom property, as the canvas needs it. */
function colorOf(probe: HTMLElement, name: string): string {
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color
}

export function TimeChart({ title, series, format, height = 180 }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const { theme } = useTheme()
  const [at, setAt] = useState<number | null>(null)
  const id = useId()
  const data = useMemo(() => aligned(series), [series])
  const latest = useRef({ data, format })
  latest.current = { data, format }
  const shape = series.map(({ label, color, area }) => `${label}/${color}/${area}`).join()
  const empty = data[0].length < 2
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when lines or colours change, not with each value
  useEffect(() => {
    const element = box.current
    if (element === null || empty) return
    let ended = false
    let observer: ResizeObserver | null = null
    void Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]).then(([{ default: UPlot }]) => {
      if (ended) return
      const probe = element.appendChild(document.createElement('i'))
      const options = optionsOf(UPlot, series, (name) => colorOf(probe, name), {
        width: element.clientWidth,
        height,
        format: (value) => latest.current.format(value),
        onMove: setAt,
      })
      probe.remove()
      chart.current = new UPlot(options, latest.current.data as uPlot.AlignedData, element)
      observer = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }))
      observer.observe(element)
    })
    return () => {
      ended = true
      observer?.disconnect()
      chart.current?.destroy()
      chart.current = null
    }
  }, [shape, theme, height, empty])
  useEffect(() => {
    chart.current?.setData(data as uPlot.AlignedData)
  }, [data])
  if (empty) {
    return (
      <div style={{ minHeight: height + 28 }} className="grid place-items-center">
        <EmptyState title="Nothing to draw yet">Numbers are taken every five seconds, once there are any.</EmptyState>
      </div>
    )
  }
  return (
    <figure aria-labelledby={id}>
      <figcaption id={id} className="sr-only">
        {`${title}, over the last ${Math.max(1, Math.round((data[0].at(-1)! - data[0][0]) / 60))} minutes.`}
      </figcaption>
      <div ref={box} aria-hidden="true" className="w-full" style={{ height }} />
      <ul className="mt-2.5 flex flex-wrap gap-x-5 gap-y-1">
        {series.map(({ label, color }, i) => {
          const value = lastOf(data[i + 1] as (number | null)[], at)
          return (
            <li key={label} className="flex items-center gap-1.5 text-[0.929rem]">
              <span
                className="h-0.75 w-3.5 rounded-full"
                style={{ background: `var(--series-${color ?? i + 1})` }}
                aria-hidden="true"
              />
              <span className="text-ink-2">{label}</span>
              <span className="font-semibold">{value === null ? '–' : format(value)}</span>
            </li>
          )
        })}
      </ul>
    </figure>
  )
}

const two = (value: number): string => String(value).padStart(2, '0')

function clockTime(at: number, seconds: boolean): string {
  const time = new Date(at * 1000)
  const text = `${two(time.getHours())}:${two(time.getMinutes())}`
  return seconds ? `${text}:${two(time.getSeconds())}` : text
}

function lastOf(values: readonly (number | null)[], at: number | null): number | null {
  if (at !== null && at < values.length) return values[at]
  return values.findLast((value) => value !== null) ?? null
}

function optionsOf(
  UPlot: typeof uPlot,
  series: readonly ChartSeries[],
  color: (name: string) => string,
  rest: { width: number; height: number; format: (value: number) => string; onMove: (at: number | null) => void },
): uPlot.Options {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`
  const axis = {
    stroke: color('ink-3'),
    font,
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: rest.width,
    height: rest.height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { setScale: false, x: false, y: false } },
    scales: { y: { range: (_chart, _min, max) => [0, max <= 0 || max === null ? 1 : max * 1.12] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 80,
        incrs: [5, 15, 30, 60, 120, 300, 600, 1800, 3600],
        values: (_chart, splits, _axis, _space, step) => splits.map((at) => clockTime(at, step < 60)),
      },
      { ...axis, size: 52, space: 30, values: (_chart, splits) => splits.map(rest.format) },
    ],
    series: [
      {},
      ...series.map(({ label, color: wanted, area }, i) => {
        const stroke = color(`series-${wanted ?? i + 1}`)
        return {
          label,
          stroke,
          width: 1.75,
          ...(area ? { fill: stroke.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)') } : {}),
          points: { show: false },
          spanGaps: true,
          paths: UPlot.paths.linear!(),
        }
      }),
    ],
    hooks: { setCursor: [(chart) => rest.onMove(chart.cursor.idx ?? null)] },
  }
}
