// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** Forms that are sent by GET have the capability among their fields when they go to the tenant, and never else. */
export function followForms({ capability, native, owned }) {
  const { submit } = HTMLFormElement.prototype;

  function prepare(form, submitter) {
    // What is a field of the form may hide its properties.
    const said = name => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? '';
    const isGet = !/^(post|dialog)$/i.test(said('method'));
    const present = [...form.querySelectorAll('input[type=hidden][name=c]')].filter(
      field => field.getAttribute('value') === capability,
    );
    if (!isGet || owned(said('action')) === undefined) {
      for (const field of present) field.remove();
    } else if (present.length === 0) {
      const field = document.createElement('input');
      for (const [name, value] of Object.entries({ type: 'hidden', name: 'c', value: capability })) {
        native.setAttribute(field, name, value);
      }
      form.prepend(field);
    }
  }

  addEventListener('submit', ({ target, submitter }) => prepare(target, submitter), true);
  HTMLFormElement.prototype.submit = function () {
    prepare(this);
    submit.call(this);
  };
}
