import { readFile } from 'node:fs/promises'
import { partNames, putSection, rangeOf, type Section } from '../../bench/media/section.ts'
import { alignTable, replaceBetween, replaceRow } from '../../bench/page.ts'

const section: Section = {
  title: 'Scan',
  head: ['Format', 'MB/s', ''],
  rows: [['mp3', '35.5', 'under 0.9×']],
  notes: ['By turns.'],
  summary: [],
}

describe('the figures of the bench', () => {
  it('go into the place of those before, and leave all else as it was', () => {
    const page = 'a\n<!-- x -->\n\nold\n\n<!-- end -->\nb'
    expect(replaceBetween(page, ['<!-- x -->', '<!-- end -->'], 'new')).toBe(
      'a\n<!-- x -->\n\nnew\n\n<!-- end -->\nb',
    )
  })

  it('are refused by a page that has no place for them', () => {
    expect(() => replaceBetween('<!-- end --> <!-- x -->', ['<!-- x -->', '<!-- end -->'], 'new')).toThrow(
      'no place',
    )
  })

  it('have a place in the page for every part of media, and a second run changes the figures alone', async () => {
    const page = await readFile('docs/performance.md', 'utf8')
    for (const name of partNames) {
      const written = putSection(page, name, section, 'npm run bench -- media')
      expect(written).toContain('| mp3 | 35.5 | under 0.9× |')
      expect(putSection(written, name, section, 'npm run bench -- media')).toBe(written)
      for (const other of partNames) expect(written).toContain(`<!-- media ${other}: `)
    }
  })

  it('replace the one row of a table that begins alike', () => {
    const page = '| what | figure |\n|---|---|\n| a scan | 1 |\n| a scan, large | 2 |\n'
    expect(replaceRow(page, ['a scan', '3'])).toBe(
      '| what | figure |\n|---|---|\n| a scan | 3 |\n| a scan, large | 2 |\n',
    )
    expect(() => replaceRow(page, ['a read', '3'])).toThrow('no row "a read"')
  })

  it('stand under their heads on a terminal', () => {
    expect(alignTable(section.head, section.rows)).toBe('  Format  MB/s\n  mp3     35.5  under 0.9×')
  })

  it('are told as a range only where they differ', () => {
    expect([rangeOf([1.234, 0.9, 1]), rangeOf([1.001, 1])]).toEqual(['0.90 – 1.23', '1.00'])
  })
})
