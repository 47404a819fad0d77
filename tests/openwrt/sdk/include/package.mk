# Stands for the SDK's package.mk. For each package PACKAGE: `make install-PACKAGE` runs its install
# section into ROOT/PACKAGE, `make show-PACKAGE` prints what it depends on; `make prepare` makes the
# build directory, `make show-options` prints the options for cmake.
define BuildPackage
install-$(1):
	$$(call Package/$(1)/install,$$(ROOT)/$(1))

show-$(1):
	$$(eval $$(call Package/$(1)))
	@echo $$(DEPENDS)
endef

prepare:
	$(call Build/Prepare)

show-options:
	@echo $(CMAKE_OPTIONS)

show-version:
	@echo $(PKG_VERSION)
