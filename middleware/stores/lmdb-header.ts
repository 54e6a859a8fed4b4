// Whether LMDB can open the files of a folder. Asked before it is let: in lmdb-js 3.5 an open that fails is a
// segmentation fault, and so is a file of something else.
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs'
import { endianness } from 'node:os'
import { join } from 'node:path'

/** Of LMDB's data format 2, the one that lmdb-js writes: in each of the first two pages, behind their headers. */
const MAGIC = 0xbeefc0de
const VERSION = 2
const AT = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152, end: 160 }
const NO_PAGE = 2n ** 64n - 1n
const PAGE_SIZES = { least: 512, most: 65_536 }

/** Throws what is wrong. Nothing is wrong with files that are not there yet. */
export function checkFiles(folder: string): void {
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  // The lock file is only asked about: closing a descriptor of it would release LMDB's own locks in this process.
  for (const name of ['data.mdb', 'lock.mdb']) {
    const file = join(folder, name)
    if (!existsSync(file)) continue
    accessSync(file, constants.R_OK | constants.W_OK)
    if (!statSync(file).isFile()) throw new Error(`${name} is not a file`)
  }
  const data = join(folder, 'data.mdb')
  const size = existsSync(data) ? statSync(data).size : 0
  // Empty: made by somebody who is just opening it.
  if (size > 0) checkPages(data, size)
}

function checkPages(data: string, size: number): void {
  const file = openSync(data, 'r')
  try {
    const first = readMeta(file, 0)
    const newest = [first, readMeta(file, first.pageSize)].reduce((a, b) => (b.transaction > a.transaction ? b : a))
    // A page that is not in the file is a bus error when it is looked at.
    for (const root of newest.roots) {
      if (root !== NO_PAGE && (root + 1n) * BigInt(newest.pageSize) > size) throw new Error('data.mdb is cut off')
    }
  } finally {
    closeSync(file)
  }
}

function readMeta(file: number, at: number) {
  const bytes = Buffer.alloc(AT.end)
  const read = readSync(file, bytes, 0, AT.end, at)
  const little = endianness() === 'LE'
  const uint32 = (place: number) => (little ? bytes.readUInt32LE(place) : bytes.readUInt32BE(place))
  const uint64 = (place: number) => (little ? bytes.readBigUInt64LE(place) : bytes.readBigUInt64BE(place))
  const pageSize = uint32(AT.pageSize)
  const isPageSize = pageSize >= PAGE_SIZES.least && pageSize <= PAGE_SIZES.most && (pageSize & (pageSize - 1)) === 0
  if (read < AT.end || uint32(AT.magic) !== MAGIC || uint32(AT.version) !== VERSION || !isPageSize)
    throw new Error('data.mdb is not an LMDB file, or is damaged')
  return { pageSize, transaction: uint64(AT.transaction), roots: [uint64(AT.freeRoot), uint64(AT.mainRoot)] }
}
