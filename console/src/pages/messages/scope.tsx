/** Which messages something is done to: those chosen, those that the search finds, or all. */
import { useState } from 'react'
import { plural } from '../../parts/format.ts'
import type { Message } from './message.ts'
import { isSearch, type View } from './view.ts'

export type Scope = 'picked' | 'found' | 'all'

export interface Selection {
  readonly places?: readonly (number | string)[]
  readonly filter?: { readonly key?: string; readonly header?: string; readonly text?: string }
}

export function useScope(view: View, picked: readonly Message[]): [Scope, (scope: Scope) => void] {
  return useState<Scope>(picked.length > 0 ? 'picked' : isSearch(view) ? 'found' : 'all')
}

/** As requests name it. */
export function selectionOf(scope: Scope, view: View, picked: readonly Message[]): Selection {
  if (scope === 'picked') return { places: picked.map(({ place }) => Number(place)) }
  if (scope === 'all') return {}
  const { key, header, text } = view
  return { filter: { ...(key && { key }), ...(header && { header }), ...(text && { text }) } }
}

interface ScopeFieldProps {
  readonly view: View
  readonly picked: readonly Message[]
  readonly scope: Scope
  readonly onChange: (scope: Scope) => void
}

export function ScopeField({ view, picked, scope, onChange }: ScopeFieldProps) {
  const choices: (readonly [Scope, string])[] = [
    ...(picked.length > 0 ? [['picked', `${plural(picked.length, 'chosen message')}`] as const] : []),
    ...(isSearch(view) ? [['found', 'all that the search finds, also those not shown'] as const] : []),
    ['all', 'all ready messages of the queue'],
  ]
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Which</legend>
      <div className="flex flex-col gap-1.5">
        {choices.map(([value, title]) => (
          <label key={value} className="flex items-center gap-2.5">
            <input
              type="radio"
              name="scope"
              className="size-4.5 accent-accent"
              checked={scope === value}
              onChange={() => onChange(value)}
            />
            {title}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
