/**
 * What packaging names is there: settings, flags, files. The containers themselves cannot be started here.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { fromYaml } from '../../src/config/file.ts'
import { settle } from '../../src/config/layer.ts'
import { flag, flatNames, variable } from '../../src/config/spelling.ts'
import { root } from './sources.ts'

const read = (name: string): string => readFileSync(join(root, 'packaging', name), 'utf8')
const files = ['Dockerfile', 'compose.yaml', 'signalbox.service', 'kubernetes.yaml']

describe('packaging', () => {
  it('sets variables and flags that the broker knows', () => {
    const known = new Set([...flatNames.map(variable), ...flatNames.map(flag), '--config'])
    let seen = 0
    for (const file of files) {
      const text = read(file).replace(/npm .*|--from=|^HEALTHCHECK.*/gm, '')
      for (const [name] of text.matchAll(/\bSIGNALBOX_[A-Z_]+|--[a-z][a-z-]+/g)) {
        assert.ok(known.has(name), `${file}: ${name}`)
        seen++
      }
    }
    assert.ok(seen > 6, `saw ${seen}`)
  })

  it('is YAML where it says so', () => {
    assert.deepEqual(Object.keys(parse(read('compose.yaml'))), ['services', 'volumes'])
    const kinds = parseAllDocuments(read('kubernetes.yaml')).map((document) => {
      assert.deepEqual(document.errors, [])
      return document.get('kind')
    })
    assert.deepEqual(kinds, ['Secret', 'Service', 'StatefulSet'])
  })

  it('has a config file that the broker takes', () => {
    const settings = settle([fromYaml(read('signalbox.yaml'), 'signalbox.yaml')])
    assert.deepEqual([settings.kafkaSasl, settings.kafka.listeners.length], [true, 1])
  })

  it('names the ports that are open by default', () => {
    const { amqpPort, kafkaPort, httpPort } = settle([])
    const [exposed] = read('Dockerfile').match(/^EXPOSE .*$/m)!
    for (const port of [amqpPort, kafkaPort, httpPort]) {
      assert.match(exposed, new RegExp(` ${port}( |$)`))
      assert.match(read('compose.yaml'), new RegExp(`:${port}"`))
      assert.match(read('kubernetes.yaml'), new RegExp(`containerPort: ${port} `))
    }
  })

  it('copies files that exist', () => {
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(\S+) /gm)].map((match) => match[1]!)
    assert.ok(copied.length > 1)
    for (const path of copied) assert.ok(existsSync(join(root, path)), path)
  })
})
