/** The look of the cloud's own pages, light and dark; all text at a contrast of 4.5:1 or better (WCAG 2.2, 1.4.3). */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --sheet: #fff; --text: #1b2430; --soft: #51606f; --line: #7b8794;
  --accent: #0b5c8c; --on-accent: #fff; --good: #17613a; --good-ground: #e6f4ec;
  --bad: #a11a2b; --bad-ground: #fdecee; --code: #eef1f4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12171d; --sheet: #1b222b; --text: #e6ebf0; --soft: #a9b5c1; --line: #8492a0;
    --accent: #7cc4f0; --on-accent: #06202f; --good: #86d9aa; --good-ground: #14301f;
    --bad: #ff9aa6; --bad-ground: #3a181d; --code: #0f141a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere;
}
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .75rem; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.25rem 0 .5rem; }
h1:focus { outline: none; }
p, ul, ol, dl { margin: 0 0 1rem; }
li { margin-bottom: .35rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--sheet); padding: .5rem 1rem; }
.lead { font-size: 1.15rem; color: var(--soft); }
.hint { color: var(--soft); font-size: .95rem; margin: 0 0 .4rem; }
.sheet {
  background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.25rem 1.5rem; margin: 1.5rem 0;
}
.sheet > h2 { margin-top: 0; }
.sheet > :last-child, .note > :last-child { margin-bottom: 0; }
.note { border-left: .3rem solid var(--line); padding: .75rem 1rem; margin: 1.25rem 0; background: var(--sheet); }
.note.good { border-color: var(--good); background: var(--good-ground); }
.note.bad { border-color: var(--bad); background: var(--bad-ground); }
label, legend { font-weight: 600; padding: 0; }
fieldset { border: 0; margin: 1.5rem 0 0; padding: 0; }
.choice { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; margin: .75rem 0; align-items: start; }
.choice > [type="radio"] { margin: .4rem 0 0; width: 1.15rem; height: 1.15rem; accent-color: var(--accent); }
.choice > :not(:first-child) { grid-column: 2; }
.choice label { grid-row: 1; }
input[type="text"] {
  width: 100%; padding: .6rem .75rem; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: .4rem;
}
input[aria-invalid] { border: 2px solid var(--bad); }
.button, button {
  display: inline-block; margin-top: 1.25rem; padding: .65rem 1.4rem; font: inherit; font-weight: 600;
  color: var(--on-accent); background: var(--accent); border: 2px solid transparent; border-radius: .4rem;
  text-decoration: none; cursor: pointer;
}
.button:hover, button:hover { filter: brightness(1.08); }
code, pre, .secret { font-family: ui-monospace, monospace; background: var(--code); border-radius: .3rem; }
code, .secret { padding: .1em .35em; }
pre { padding: .75rem 1rem; white-space: pre-wrap; }
.secret { font-size: 1.1rem; user-select: all; }
dt { font-weight: 600; }
dd { margin: 0 0 .75rem; }
code.block { display: block; padding: .5rem .75rem; }
form + p, section + p { margin-top: 2.5rem; }
details { border-top: 1px solid var(--line); padding: .6rem 0; }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { font-weight: 600; cursor: pointer; }
details > :last-child { margin-bottom: .25rem; }
@media print { .button, button, .skip { display: none; } details { display: block; } }
@media (forced-colors: active) { .button, button { border-color: ButtonText; } }
`;
