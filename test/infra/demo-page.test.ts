import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createDemoPage } from '../../infra/local/demo-page.ts'
import { resources, synthesize } from './synth.ts'

const dist = path.resolve('dist')
const bundles = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.js'),
)

/** Of the page's script, its markup and what it is made of. */
const traces = ['veza.demo.uploads', '/demo/main.js', 'Start as a demo artist', 'hlsFragLoaded']

test('no stage has a route below /demo', () => {
  for (const stage of ['local', 'dev', 'prod'] as const) {
    const keys = resources(synthesize(stage).routes, 'AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => Properties.RouteKey,
    )
    expect(keys.length).toBeGreaterThan(100)
    expect(keys.filter((key: string) => / \/demo\b/.test(key))).toEqual([])
  }
})

test('no function carries anything of the page', async () => {
  const nowhere = 'http://127.0.0.1:1'
  const urls = { docs: nowhere, mailbox: nowhere, frontDoor: nowhere, streamServer: nowhere, media: nowhere }
  const page = createDemoPage({ urls, isWatching: false })
  const read = async (rawPath: string) =>
    String((await page({ method: 'GET', rawPath, rawQueryString: '', headers: {} }))?.body)
  const whole = (await read('/demo')) + (await read('/demo/main.js'))

  expect(traces.filter((trace) => !whole.includes(trace))).toEqual([])
  expect(bundles.length).toBeGreaterThan(15)
  for (const file of bundles) {
    const text = readFileSync(path.join(dist, file), 'utf8')
    expect({ file, found: traces.filter((trace) => text.includes(trace)) }).toEqual({ file, found: [] })
  }
})
