/**
 * The world is reached through the doors in base, so that a simulated one can stand in its place; and only the program
 * itself ends the process. What may go around a door is listed here with its reason.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokerSources, codeOf, importsOf } from './sources.ts'

interface Rule {
  readonly what: string
  readonly breaks: RegExp
  /** Path prefixes under broker/src, with the reason. */
  readonly except: Record<string, string>
}

const NET = 'real sockets live in real time; a simulation replaces the whole room'

const RULES: Rule[] = [
  {
    what: 'end the process',
    breaks: /\bprocess\.(exit|kill|abort)\b/,
    except: { 'cli/': 'the program decides about its own life' },
  },
  {
    what: 'listen to the process',
    breaks: /\bprocess\.(on|once|addListener)\b/,
    except: { 'cli/': 'signals belong to the program, not to a broker inside another one' },
  },
  {
    what: 'read the environment',
    breaks: /\bprocess\.env\b/,
    except: {
      'main.ts': 'the environment becomes settings at the entrance, once',
      'cli/commands/doctor.ts': 'it reads the settings of a broker that it does not start',
    },
  },
  {
    what: 'ask the clock of the system',
    breaks: /\b(Date\.now|new Date\(\)|performance\.now|process\.hrtime)\b/,
    except: { 'base/': 'the door itself', 'net/': NET },
  },
  {
    what: 'set a timer of the system',
    breaks: /\b(setTimeout|setInterval)\(/,
    except: { 'base/': 'the door itself', 'net/': NET },
  },
  { what: 'draw chance of the system', breaks: /\bMath\.random\b/, except: { 'base/': 'the door itself' } },
]

const inSource = (path: string): string => path.replace('broker/src/', '')

function strays(except: Record<string, string>, breaks: (text: string, path: string) => string[]): string[] {
  return brokerSources
    .filter(({ path }) => !Object.keys(except).some((prefix) => inSource(path).startsWith(prefix)))
    .flatMap(({ path, text }) => breaks(text, path))
}

describe('nobody but the exceptions may', () => {
  for (const { what, breaks, except } of RULES) {
    it(what, () => {
      const found = strays(except, (text, path) =>
        codeOf(text)
          .split('\n')
          .flatMap((line, index) => (breaks.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
      )
      assert.deepEqual(found, [])
    })
  }

  it('touch the file system', () => {
    const except = {
      'base/': 'the door itself',
      'http/console-files.ts': 'the console is part of the package, as the sources are',
      'http/management/health.ts': "the operator's certificate, looked at for its last day",
      'cli/': "the config file and the process table are the program's surroundings, not the broker's data",
      'server.ts': 'certificates, definitions and the socket are files of the operator, read once at the start',
    }
    const found = brokerSources
      .filter(({ path }) => !Object.keys(except).some((prefix) => inSource(path).startsWith(prefix)))
      .flatMap((source) =>
        importsOf(source)
          .filter(({ specifier }) => /^node:fs(\/|$)/.test(specifier))
          .map(({ line }) => `${source.path}:${line}`),
      )
    assert.deepEqual(found, [])
  })
})
