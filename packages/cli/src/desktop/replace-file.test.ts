import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '@postern/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readReplaceable, replaceFile } from './replace-file.ts'

describe('replaceFile', () => {
  let directory: TemporaryDirectory
  let file: string
  const now = new Date('2026-07-28T10:20:30Z')

  beforeEach(() => {
    directory = temporaryDirectory()
    file = join(directory.path, 'config.json')
  })
  afterEach(() => directory.remove())

  it('makes a file that only its owner can read where there was none', () => {
    expect(replaceFile(readReplaceable(file), 'new')).toBeUndefined()
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory.path)).toEqual(['config.json'])
  })

  it('keeps the mode, and a copy of what was there', () => {
    writeFileSync(file, 'old')
    chmodSync(file, 0o640)
    const copy = replaceFile(readReplaceable(file), 'new', now)
    expect(copy).toBe(`${readReplaceable(file).path}.20260728-102030.bak`)
    expect(readFileSync(copy ?? '', 'utf8')).toBe('old')
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  it('never writes over an earlier copy', () => {
    writeFileSync(file, 'first')
    replaceFile(readReplaceable(file), 'second', now)
    const copy = replaceFile(readReplaceable(file), 'third', now)
    expect(copy).toMatch(/\.20260728-102030-2\.bak$/)
    expect(readFileSync(`${readReplaceable(file).path}.20260728-102030.bak`, 'utf8')).toBe('first')
    expect(readFileSync(copy ?? '', 'utf8')).toBe('second')
  })

  it('replaces the file in one step: whoever has the old one open keeps it whole', () => {
    writeFileSync(file, 'old')
    const before = statSync(file).ino
    replaceFile(readReplaceable(file), 'new')
    expect(statSync(file).ino).not.toBe(before)
    expect(readdirSync(directory.path).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('writes nothing when another program changed the file meanwhile', () => {
    writeFileSync(file, 'old')
    const read = readReplaceable(file)
    writeFileSync(file, 'theirs')
    expect(() => replaceFile(read, 'ours')).toThrow('changed by another program')
    expect(readFileSync(file, 'utf8')).toBe('theirs')
    expect(readdirSync(directory.path)).toEqual(['config.json'])
  })

  it.each([
    ['that exists', 'old'],
    ['that does not exist yet', undefined],
  ])('follows a chain of links to a file %s, and leaves them links', (_case, text) => {
    const kept = join(directory.path, 'dotfiles')
    mkdirSync(kept)
    if (text !== undefined) writeFileSync(join(kept, 'claude.json'), text)
    symlinkSync('dotfiles/claude.json', join(directory.path, 'middle.json'))
    symlinkSync('middle.json', file)
    const read = readReplaceable(file)
    expect(read.text).toBe(text)
    replaceFile(read, 'new')
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(kept, 'claude.json'), 'utf8')).toBe('new')
    expect(readdirSync(kept).filter((name) => name.endsWith('.bak'))).toHaveLength(text === undefined ? 0 : 1)
  })

  it('refuses a circle of links, a folder, and a folder that does not exist', () => {
    symlinkSync('b', join(directory.path, 'a'))
    symlinkSync('a', join(directory.path, 'b'))
    expect(() => readReplaceable(join(directory.path, 'a'))).toThrow('in a circle')
    expect(() => readReplaceable(directory.path)).toThrow('is not a file')
    expect(() => readReplaceable(join(directory.path, 'none', 'config.json'))).toThrow('--config')
  })
})
