import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** Daemons stand where the PATH of a user often does not lead. */
const places = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/sbin',
  '/opt/homebrew/bin',
  '/usr/local/bin',
  '/usr/bin',
]

export function findProgram(
  name: string,
  searchPath = [...(process.env.PATH ?? '').split(path.delimiter), ...places],
) {
  return searchPath
    .filter((directory) => directory !== '')
    .map((directory) => path.join(directory, name))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
