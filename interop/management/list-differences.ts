/** Writes the list of differences into `docs/management-api.md`, between its two marks: `node interop/management/list-differences.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Difference, differences } from './differences.ts'

const [BEGIN, END] = ['<!-- differences -->', '<!-- end of differences -->']
const page = new URL('../../docs/management-api.md', import.meta.url)

const row = ({ rows, path, kind, reason }: Difference) =>
  `| ${listed(rows)} | ${listed(path) || 'the answer'} | ${[kind ?? 'any'].flat().join(', ')} | ${reason} |`

function listed(names: string | readonly string[]): string {
  return [names]
    .flat()
    .filter((name) => name !== '')
    .map((name) => `\`${name}\``)
    .join(', ')
}

const text = readFileSync(page, 'utf8')
const table = ['| request | where | what | why |', '| --- | --- | --- | --- |', ...differences.map(row)].join('\n')
const [before, after] = [text.slice(0, text.indexOf(BEGIN) + BEGIN.length), text.slice(text.indexOf(END))]
writeFileSync(page, `${before}\n\n${table}\n\n${after}`)
