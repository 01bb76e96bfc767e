/** Writes docs/reference/cli.md; a test says when the page is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { referenceOfThisVersion, referencePath } from './reference-page.js';

mkdirSync(new URL('.', referencePath), { recursive: true });
writeFileSync(referencePath, referenceOfThisVersion());
