import { styleText } from 'node:util'

/** Does one thing that is shown with the time it took. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now()
  try {
    const result = await work()
    finished(title, started)
    return result
  } catch (error) {
    console.log(`${styleText('red', '✖')} ${title} ${since(started)}`)
    throw error
  }
}

export function finished(title: string, started: number) {
  console.log(`${styleText('green', '✔')} ${title} ${since(started)}`)
}

/** What a part of the story is about. */
export const chapter = (title: string) => console.log(styleText('bold', `\n${title}`))

const width = 78

/** What a terminal of 80 columns would break is broken between words. */
export function detail(text: string) {
  const lines = text.length > width ? text.match(new RegExp(`.{1,${width}}(?: |$)|\\S+ ?`, 'g')) : [text]
  for (const line of lines ?? []) console.log(styleText('dim', `  ${line.trimEnd()}`))
}

export const done = (text: string) => console.log(styleText('green', `\n${text}`))

export const since = (started: number) => styleText('dim', `· ${Date.now() - started} ms`)
