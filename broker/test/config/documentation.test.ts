import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { configurationDoc } from '../../../scripts/configuration-doc.ts'
import { fromYaml } from '../../src/config/file.ts'
import { settle } from '../../src/config/layer.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8')

it('docs/configuration.md is what the settings table says (npm run docs writes it)', () => {
  assert.equal(page, configurationDoc())
})

it('the config file shown there is accepted', () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(page)!
  assert.equal(settle([fromYaml(example!, 'example.yaml')]).host, '0.0.0.0')
})
