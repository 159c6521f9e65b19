/** The doctor on one damage at a time: what it names, what it does about it, and what it leaves alone. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DiskError } from '../../../src/base/disk.ts'
import { OverlayDisk } from '../../../src/base/disk-overlay.ts'
import { SimulatedDisk } from '../../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../../src/base/random.ts'
import { type Examination, examine, repair } from '../../../src/log/doctor/examine.ts'
import { type Finding, isDamage } from '../../../src/log/doctor/finding.ts'
import { decodeEntryHead, entryRoom } from '../../../src/log/entry.ts'
import { openStore, unsettled } from '../store.ts'
import { assertSame, checkCured } from './cured.ts'
import { placesIn } from './damaged-files.ts'
import { diskOf, type Files, filesOf, filledStore, OPTIONS, queueOwner } from './filled-store.ts'

const filled = await filledStore(4, 3, false)
const places = placesIn(filled.files)
/** Whose journal file is in its first use. */
const young = await filledStore(2, 1, false, 2)
const BLOCK = 4096
/** A repair is cut off at each so manieth operation. */
const CUT_EVERY = 5

type Change = (files: Map<string, Buffer>) => void

function changed(change: Change, files: Files = filled.files): Map<string, Buffer> {
  const now = new Map([...files].map(([path, bytes]) => [path, Buffer.from(bytes)]))
  change(now)
  return now
}

async function found(files: Files): Promise<Finding[]> {
  return (await examine(await diskOf(files), OPTIONS)).findings.filter(isDamage)
}

/** The journal file of shard 0 that comes at that place, by seq. */
function journal(files: Files, at: number): string {
  const heads = [...files].flatMap(([path, bytes]) =>
    path.startsWith('store/0/journal/') && bytes.readUInt32BE(0) === 0x53424a46
      ? [{ path, seq: Number(bytes.readBigUInt64BE(28)) }]
      : [],
  )
  return heads.sort((a, b) => a.seq - b.seq).at(at)!.path
}

function first(files: Files, part: string): string {
  return [...files.keys()].sort().find((path) => path.includes(part))!
}

describe('the doctor', () => {
  it('names a damaged entry with its place, its queues and what is lost at most', async () => {
    const single = await filledStore(2, 1, false)
    const path = journal(single.files, -1)
    const files = changed((now) => now.get(path)!.writeUInt32BE(0xdeadbeef, BLOCK + 200), single.files)
    const findings = await found(files)
    const [one] = findings
    assert.equal(findings.length, 1, JSON.stringify(findings))
    assert.deepEqual([one.severity, one.file, one.position], ['loss', path, BLOCK])
    assert.match(one.what, /^entry \d+ does not check, but entry \d+ at byte \d+ does$/)
    assert.ok(one.lost.every(({ records, from, to }) => records > 0 && records <= to - from))
    assert.ok(
      one.lost.some(({ owner }) => owner === queueOwner(0)),
      JSON.stringify(one.lost),
    )
    await checkCured(single, placesIn(single.files), files, 'a damaged entry')
  })

  describe('of the last entry', () => {
    const path = journal(young.files, -1)
    const bytes = young.files.get(path)!
    const ends: number[] = []
    for (let at = BLOCK, head = decodeEntryHead(bytes, at); head !== null; head = decodeEntryHead(bytes, at)) {
      ends.push(at)
      at += entryRoom(head.length)
    }
    const last = ends.at(-1)!
    const { length } = decodeEntryHead(bytes, last)!

    it('says that it was there whole, where its head names its place, or nothing of it is empty', async () => {
      assert.ok(length > 100 && length < BLOCK - 64, `${length}`)
      for (const at of [last + 6, last + 34, last + 63, last + 64 + 20, last + 64 + length - 1]) {
        const files = changed((now) => {
          now.get(path)![at] ^= 4
        }, young.files)
        const findings = await found(files)
        assert.deepEqual(
          findings.map(({ severity, position }) => [severity, position]),
          [['loss', last]],
        )
        assert.match(findings[0].what, /^entry \d+, the last one, does not check, but was there whole: it is damaged$/)
        assert.match(findings[0].alsoLost.join(), /^what was published, acknowledged or defined last, with entry \d+$/)
        const disk = await diskOf(files)
        await repair(disk, await examine(disk, OPTIONS), 'all')
        const kept = [...(await filesOf(disk))].find(([name]) => name.startsWith(`set-aside/${path}.${last}-`))
        assert.ok(kept?.[1].equals(files.get(path)!.subarray(last, last + BLOCK)), 'its bytes are set aside')
        await checkCured(young, placesIn(young.files), files, `byte ${at}`)
      }
    })

    it('takes it for torn where a sector is as it was before, and where the file was used before', async () => {
      const torn: Change[] = [
        (now) => now.get(path)!.fill(0, last, last + 512),
        (now) => now.get(path)!.fill(0, last + 64, last + 64 + length),
        (now) => {
          now.get(path)![last + 64 + 20] ^= 4
          now.get(path)!.fill('before', last + 2 * BLOCK, last + 3 * BLOCK)
        },
      ]
      for (const change of torn) {
        const files = changed(change, young.files)
        assert.deepEqual(await found(files), [])
        const { findings } = await examine(await diskOf(files), OPTIONS)
        const [one] = findings.filter(({ file }) => file === path)
        assert.deepEqual([one.severity, one.position], ['leftover', last])
        assert.match(one.what, /a torn write, as far as can be told$/)
      }
    })
  })

  it('makes the lost head of a journal file again, without a loss', async () => {
    const path = journal(filled.files, -1)
    const files = changed((now) => now.get(path)!.fill(0, 0, 60))
    const findings = await found(files)
    assert.deepEqual(
      findings.map(({ severity, file }) => [severity, file]),
      [['mend', path]],
    )
    const disk = await diskOf(files)
    await repair(disk, await examine(disk, OPTIONS), 'lossless')
    assert.ok((await filesOf(disk)).get(path)!.equals(filled.files.get(path)!))
  })

  it('puts a blank file in the place of one that is missing', async () => {
    const path = journal(filled.files, -2)
    const files = changed((now) => now.delete(path))
    const [one] = await found(files)
    assert.match(one.what, /^journal file \d+ is missing$/)
    assert.equal(one.severity, 'loss')
    await checkCured(filled, places, files, 'a missing file')
  })

  it('makes VERSION again, where it is lost and where it names another store', async () => {
    for (const text of [null, 'nonsense', `signalbox store 4\nid ${'ab'.repeat(16)}\nshards 3\n`]) {
      const files = changed((now) => {
        if (text === null) now.delete('store/VERSION')
        else now.set('store/VERSION', Buffer.from(text))
      })
      const disk = await diskOf(files)
      const examination = await examine(disk, OPTIONS)
      assert.deepEqual(
        examination.findings.filter(isDamage).map(({ severity, file }) => [severity, file]),
        [['mend', 'store/VERSION']],
      )
      await repair(disk, examination, 'lossless')
      assert.ok((await filesOf(disk)).get('store/VERSION')!.equals(filled.files.get('store/VERSION')!))
    }
  })

  it('leaves a newer format alone', async () => {
    const files = changed((now) => now.set('store/VERSION', Buffer.from('signalbox store 7\n')))
    const [one] = await found(files)
    assert.deepEqual([one.severity, one.file], ['beyond', 'store/VERSION'])
    assert.match(one.what, /format 7/)
  })

  it('moves journal files and checkpoints that changed places between shards back', async () => {
    const files = changed((now) => {
      const of = (shard: number, folder: string): string[] =>
        [...now.keys()].filter((path) => path.startsWith(`store/${shard}/${folder}/`)).sort()
      for (const folder of ['journal', 'checkpoint']) {
        const [a, b] = [of(0, folder).at(-1), of(folder === 'journal' ? 1 : 2, folder).at(-1)]
        if (a === undefined || b === undefined) continue
        const [one, other] = [now.get(a)!, now.get(b)!]
        now.set(a, other)
        now.set(b, one)
      }
    })
    const disk = await diskOf(files)
    const examination = await examine(disk, OPTIONS)
    assert.ok(examination.findings.filter(isDamage).length > 0)
    assert.deepEqual(
      examination.findings.filter(({ severity }) => severity === 'loss'),
      [],
    )
    await repair(disk, examination, 'lossless')
    const store = await openStore(disk, OPTIONS)
    const records = [...store.engine.logs.values()].reduce((sum, log) => sum + log.unsettled, 0)
    assert.equal(
      records,
      [...filled.kept.values()].reduce((sum, kept) => sum + kept.size, 0),
    )
    await store.engine.close()
  })

  it('gives segments that changed their names their own back', async () => {
    const paths = [...filled.files.keys()].filter((path) => /store\/0\/segments\//.test(path)).slice(0, 3)
    const lengths = new Set(paths.map((path) => filled.files.get(path)!.length))
    assert.equal(lengths.size, 3)
    const files = changed((now) => {
      for (const [i, path] of paths.entries()) now.set(path, filled.files.get(paths[(i + 1) % 3])!)
    })
    const disk = await diskOf(files)
    const examination = await examine(disk, OPTIONS)
    assert.deepEqual(
      examination.findings.filter(({ severity }) => severity === 'loss'),
      [],
    )
    await repair(disk, examination, 'lossless')
    const after = await filesOf(disk)
    for (const path of paths) assert.ok(after.get(path)!.equals(filled.files.get(path)!), path)
  })

  it('does not give out the messages of another queue whose file was copied over its own', async () => {
    const [one, other] = [...filled.files.keys()]
      .filter((path) => /store\/0\/segments\/[36]-/.test(path))
      .filter((_, i, all) => i === 0 || i === all.length - 1)
    const files = changed((now) => now.set(one, filled.files.get(other)!))
    await checkCured(filled, places, files, `${other} over ${one}`)
  })

  it('makes a checkpoint of what is left of two broken ones', async () => {
    const grown = await filledStore(5, 1, false, 200)
    const broken = [...grown.files.keys()].filter((path) => path.endsWith('.ckp'))
    assert.equal(broken.length, 2)
    const files = changed((now) => {
      for (const path of broken) now.get(path)!.writeUInt32BE(1, 60)
    }, grown.files)
    const disk = await diskOf(files)
    const examination = await examine(disk, OPTIONS)
    assert.ok(
      examination.findings.some(({ severity, what }) => severity === 'loss' && /no checkpoint checks/.test(what)),
    )
    assert.notEqual(examination.records, null, JSON.stringify(examination.findings))
    await repair(disk, examination, 'all')
    const store = await openStore(disk, OPTIONS)
    for (const log of store.engine.logs.values()) {
      const found = new Map(await unsettled(log))
      for (const [offset, body] of grown.kept.get(log.owner)!)
        assert.equal(found.get(offset), body, `${log.owner}@${offset}`)
    }
    assert.equal(store.engine.logs.size, grown.kept.size)
    await store.engine.close()
  })

  it('starts without any checkpoint, and says what is lost', async () => {
    const grown = await filledStore(5, 1, false, 200)
    const files = changed((now) => {
      for (const path of now.keys()) if (path.endsWith('.ckp')) now.delete(path)
    }, grown.files)
    const findings = await found(files)
    assert.ok(
      findings.some(({ what }) => /no checkpoint is there/.test(what)),
      JSON.stringify(findings),
    )
    assert.ok(findings.some(({ what }) => /nobody knows whose it is/.test(what)))
    const disk = await diskOf(files)
    await repair(disk, await examine(disk, OPTIONS), 'all')
    assert.deepEqual((await examine(disk, OPTIONS)).findings.filter(isDamage), [])
    const aside = [...(await filesOf(disk)).keys()].filter(
      (path) => path.startsWith('set-aside/') && path.includes('/segments/'),
    )
    assert.ok(aside.length > 0)
  })

  it('holds indexes against their segment', async () => {
    const path = first(filled.files, '.index')
    const files = changed((now) => now.get(path)!.writeUInt32BE(now.get(path)!.readUInt32BE(12) + 1, 12))
    const findings = await found(files)
    assert.deepEqual(
      findings.map(({ severity, file }) => [severity, file]),
      [['mend', path]],
    )
  })

  it('sets aside a file of which nothing is known', async () => {
    const files = changed((now) => now.set('store/0/segments/notes.txt', Buffer.from('mine')))
    const disk = await diskOf(files)
    await repair(disk, await examine(disk, OPTIONS), 'lossless')
    const after = await filesOf(disk)
    assert.equal(after.get('set-aside/store/0/segments/notes.txt')?.toString(), 'mine')
    assert.ok(!after.has('store/0/segments/notes.txt'))
  })

  it('does only what loses nothing unless the loss is accepted', async () => {
    const segment = [...filled.files.keys()].find((path) => path.includes('/segments/') && !path.includes('/store/'))!
    const index = first(filled.files, '.index')
    const files = changed((now) => {
      // The journal must not have it any more.
      for (const [path, bytes] of now) if (path.includes('/journal/')) bytes.fill(0, bytes.length / 2)
      now.get(segment)!.writeUInt32BE(0xdeadbeef, 300)
      now.get(index)!.writeUInt32BE(7, 12)
    })
    const disk = await diskOf(files)
    const examination = await examine(disk, OPTIONS)
    const losses = examination.findings.filter(({ severity }) => severity === 'loss')
    assert.ok(losses.length > 0)
    const done = await repair(disk, examination, 'lossless')
    assert.ok(done.every(({ severity }) => severity === 'mend' || severity === 'leftover'))
    const left = (await examine(disk, OPTIONS)).findings.filter(isDamage)
    assert.ok(left.length > 0 && left.every(({ severity }) => severity === 'loss'), JSON.stringify(left))
  })

  it('has nothing to say of an empty directory', async () => {
    const examination: Examination = await examine(await diskOf(new Map()), OPTIONS)
    assert.deepEqual([examination.hasStore, examination.findings], [false, []])
  })
})

describe('a repair', () => {
  it('that is cut off anywhere leaves what the next one puts right, with the same outcome', async () => {
    const small = await filledStore(6, 1, false, 25)
    const segment = first(small.files, '/segments/')
    const partition = [...small.files.keys()].find((name) => /written.*\.log$/.test(name))!
    const files = changed((now) => {
      now.get(journal(now, -1))!.writeUInt32BE(0xdeadbeef, BLOCK + 200)
      now.get(segment)!.fill(0, 100, 70_000)
      now.get(partition)!.fill(0, 300, 3000)
      now.delete('store/VERSION')
      const [a, b] = [...now.keys()].filter((name) => /segments\/[3-6]-/.test(name))
      assert.notEqual(now.get(a)!.length, now.get(b)!.length)
      const one = now.get(a)!
      now.set(a, now.get(b)!)
      now.set(b, one)
    }, small.files)
    const whole = await outcome(await diskOf(files))
    let cuts = 0
    for (let isDone = false, operations = 1; !isDone; operations += CUT_EVERY) {
      const disk = await simulated(files, operations)
      const examination = await examine(disk, OPTIONS)
      disk.powerOffAfter(operations)
      const repaired = repair(disk, examination, 'all').then(() => true)
      isDone = await Promise.race([repaired, disk.poweredOff.then(() => false)])
      if (!isDone) cuts++
      const after = isDone ? disk : disk.powerLoss()
      assert.deepEqual(await outcome(await diskOf(await filesOf(after))), whole, `cut after ${operations} operations`)
    }
    assert.ok(cuts >= 5, `${cuts} cuts`)
  })
})

describe('an overlay of a disk', () => {
  it('reads what is below and what was written over it, and changes nothing below', async () => {
    const below = await diskOf(
      new Map([
        ['a/one', Buffer.from('0123456789')],
        ['a/two', Buffer.alloc(10_000, 1)],
      ]),
    )
    const before = await filesOf(below)
    const disk = new OverlayDisk(below)
    const file = await disk.open('a/one', 'write')
    await file.write([Buffer.from('xy'), Buffer.from('z')], 3)
    await file.truncate(8)
    await file.write([Buffer.from('end')], 12)
    assert.equal(await file.size(), 15)
    const bytes = Buffer.alloc(20)
    assert.equal(await file.read(bytes, 0), 15)
    assert.equal(bytes.toString('latin1', 0, 15), '012xyz67\0\0\0\0end')
    await disk.compose('b/three', [Buffer.from('head'), { path: 'a/two', from: 9990, to: 10_000 }])
    await disk.rename('a/two', 'b/two')
    assert.deepEqual(
      [await disk.list('a'), await disk.list('b'), await disk.list('')],
      [['one'], ['three', 'two'], ['a', 'b']],
    )
    await assert.rejects(disk.open('a/two', 'read'), (error: DiskError) => error.code === 'ENOENT')
    const three = await disk.open('b/three', 'read')
    assert.equal(await three.read(bytes, 0), 14)
    assert.deepEqual([...bytes.subarray(0, 14)], [...Buffer.from('head'), ...Array(10).fill(1)])
    await disk.removeFolder('b')
    assert.deepEqual([await disk.exists('b/two'), await disk.list('b')], [false, []])
    assertSame(await filesOf(below), before, 'below')
  })
})

/** What a start finds after the doctor: bodies by log and offset. */
async function outcome(disk: Parameters<typeof examine>[0]): Promise<unknown> {
  const examination = await examine(disk, OPTIONS)
  assert.notEqual(examination.records, null, JSON.stringify(examination.findings))
  await repair(disk, examination, 'all')
  assert.deepEqual((await examine(disk, OPTIONS)).findings.filter(isDamage), [])
  const store = await openStore(disk, OPTIONS)
  const all: unknown[] = []
  for (const log of [...store.engine.logs.values()].sort((a, b) => a.id - b.id)) {
    all.push([log.owner, (await unsettled(log)).map(([offset]) => offset)])
  }
  await store.engine.close()
  return all
}

async function simulated(files: Files, seed: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(new SeededRandom(seed))
  const folders = new Set<string>()
  for (const [path, bytes] of files) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (!folders.has(folder)) await disk.makeFolder(folder)
    folders.add(folder)
    const file = await disk.open(path, 'create')
    await file.write([bytes], 0)
    await file.sync()
    await file.close()
  }
  for (const folder of folders)
    for (let at = folder; at !== ''; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '')
      await disk.syncFolder(at)
  await disk.syncFolder('')
  return disk
}
