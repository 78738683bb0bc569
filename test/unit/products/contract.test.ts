import fc from 'fast-check'
import {
  type ContractValues,
  type ContractVariable,
  contractText,
  contractVariables,
  findContractFault,
  renderContract,
} from '../../../lib/products/contract.ts'
import { presets } from '../../../lib/products/presets.ts'
import { describeTerms, terms, wordTerms } from '../../../lib/products/terms.ts'

const names = Object.keys(contractVariables) as ContractVariable[]

const valuesOf = (value: (name: ContractVariable) => string) =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as ContractValues

describe('a contract', () => {
  test('has each variable filled in, however it is spaced and as often as it stands there', () => {
    const values = valuesOf((name) => `<${name}>`)

    expect(renderContract('{{price}} for {{ track }}, {{\ttrack }}.', values)).toBe(
      '<price> for <track>, <track>.',
    )
  })

  test('knows every variable that it tells of', () => {
    const text = names.map((name) => `{{${name}}}`).join(' ')

    expect(findContractFault(text)).toBeUndefined()
    expect(
      renderContract(
        text,
        valuesOf(() => 'x'),
      ),
    ).toBe(names.map(() => 'x').join(' '))
  })

  test('takes a value as it is, whatever it looks like', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '{{serial}}',
        '{{',
        '}}',
        '{{{{price}}}}',
        '$&',
        '$1',
        "$'",
        '$<serial>',
        '\\u007b{serial}}',
      ),
    )
    const part = fc.record({ before: fc.string(), name: fc.constantFrom(...names), value: hostile })
    const plain = (text: string) => text.replaceAll(/[{}]/g, '')

    fc.assert(
      fc.property(fc.uniqueArray(part, { selector: ({ name }) => name, minLength: 1 }), (parts) => {
        const text = parts.map(({ before, name }) => `${plain(before)}{{${name}}}`).join('')
        const given = new Map(parts.map(({ name, value }) => [name, value]))

        const rendered = renderContract(
          text,
          valuesOf((name) => given.get(name) ?? 'unused'),
        )

        expect(rendered).toBe(parts.map(({ before, value }) => plain(before) + value).join(''))
      }),
    )
  })

  test.each([
    { text: 'For {{prise}}', code: 'unknown_variable', names: '{{prise}}' },
    { text: '{{a}} {{b}} {{a}}', code: 'unknown_variable', names: '{{a}}, {{b}}' },
    { text: '{{constructor}}', code: 'unknown_variable', names: '{{constructor}}' },
    { text: '{{price', code: 'malformed_variable' },
    { text: 'price}}', code: 'malformed_variable' },
    { text: '{{}}', code: 'malformed_variable' },
    { text: '{{legal name}}', code: 'malformed_variable' },
    { text: '{{{{price}}}}', code: 'malformed_variable' },
  ])('refuses $text, with all that there is', ({ text, code, names: named = '' }) => {
    const { error } = contractText.safeParse(text)

    expect(error?.issues).toEqual([expect.objectContaining({ code: 'custom', params: { code } })])
    const message = error?.issues[0]?.message
    expect(message).toContain(named)
    for (const name of names) expect(message).toContain(name)
  })

  test('may have single braces', () => {
    expect(contractText.parse('{a} {{price}} {b')).toBe('{a} {{price}} {b')
  })

  test('is checked in no more time than it takes to read', () => {
    const started = performance.now()
    contractText.safeParse('{{ '.repeat(6_600))
    contractText.safeParse(`{{${' '.repeat(19_000)}`)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe.each(Object.entries(presets))('the preset %s', (_, preset) => {
  test('is a whole licence, whose contract names all that binds both', () => {
    expect(terms.parse(preset.terms)).toEqual(preset.terms)
    expect(contractText.parse(preset.contract)).toBe(preset.contract)
    for (const name of [
      'contract_date',
      'licensor_name',
      'licensee_name',
      'track',
      'price',
      'order_number',
      'serial',
    ]) {
      expect(preset.contract).toContain(`{{${name}}}`)
    }
  })
})

describe('terms in words', () => {
  test('tell limits, and that there are none', () => {
    const words = wordTerms({
      ...presets.basic_lease.terms,
      radio_stations: null,
      term_years: 1,
      territory: ['FR'],
    })

    expect(words).toMatchObject({
      audio_streams: '100,000',
      radio_stations: 'unlimited',
      term: '1 year',
      territory: 'FR',
      publishing_split: '50%',
      files: 'MP3',
    })
    expect(wordTerms(presets.unlimited.terms)).toMatchObject({
      term: 'as long as the rights last',
      territory: 'the whole world',
    })
  })

  test('are a line for each limit', () => {
    const lines = describeTerms(presets.basic_lease.terms).split('\n')

    expect(lines).toHaveLength(Object.keys(terms.shape).length)
    expect(lines).toContain('Paid performances: 10')
  })
})
