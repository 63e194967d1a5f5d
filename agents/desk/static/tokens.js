// The page's own form token, for what is not sent by a form.
export function formToken() {
  return document.querySelector('meta[name="form-token"]').content;
}
