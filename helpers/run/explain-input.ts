import { readManifests } from '../kube/manifests.ts';
import type { Manifests } from '../kube/manifests.ts';
import { readFiles } from './manifest-files.ts';

/** What is explained, and where its objects stand. */
export type ExplainInput = Pick<Manifests, 'world' | 'ignored' | 'sources'>;

/** Reads files, and every .yaml, .yml and .json below folders. @throws InputError with every problem of every file */
export const readExplainFiles = (paths: readonly string[]): ExplainInput => readManifests(readFiles(paths));
