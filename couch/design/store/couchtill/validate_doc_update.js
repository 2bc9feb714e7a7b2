function (newDoc, oldDoc, userCtx, secObj) {
  //= shared/immutable.js
  var roles = userCtx.roles;
  immutable(newDoc, oldDoc, roles.indexOf('_admin') >= 0 || roles.indexOf('office') >= 0);
}
