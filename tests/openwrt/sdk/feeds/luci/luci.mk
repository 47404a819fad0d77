# Stands for LuCI's luci.mk: `make install` copies htdocs/ and root/ as it does, after Build/Prepare.
PKG_NAME ?= $(notdir $(CURDIR))
INCLUDE_DIR := $(TOPDIR)/include

define Build/Prepare/Default
endef

define Build/Prepare
	mkdir -p $(PKG_BUILD_DIR)
	$(CP) ./htdocs ./root $(PKG_BUILD_DIR)/
	$(call Build/Prepare/Default)
endef

install:
	$(Build/Prepare)
	$(INSTALL_DIR) $(ROOT)/$(PKG_NAME)/www
	$(CP) $(PKG_BUILD_DIR)/htdocs/* $(ROOT)/$(PKG_NAME)/www/
	$(CP) $(PKG_BUILD_DIR)/root/* $(ROOT)/$(PKG_NAME)/
